// A client of A2A 1.0 over HTTP+JSON that takes nothing for lost: it sends again with the same message ID, and resumes
// its streams by Last-Event-ID, on whichever node answers.
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import { isNotice } from './message.mjs';

const HEADERS = { 'content-type': 'application/json', 'a2a-version': '1.0' };
const RETRY_MS = 100;

/** A node that says nothing for so long, not even that its stream is alive, is given up for another. */
const SILENCE_MS = 6_000;

/** For an answer that waits for its task. */
const ANSWER_MS = 15_000;

const TERMINAL = /COMPLETED|FAILED|CANCELED|REJECTED/;

/** The answer of a node that must not be tried again. */
export class Refused extends Error {}

export class Client {
  #dispatcher = new Agent({ connections: 100 });
  #next = 0;
  /** How often it was told that a task makes no progress. */
  notices = 0;
  /** What it had to do again. */
  repeated = { sends: 0, resumes: 0 };

  /** @param signal aborted when the run gives up on what has not ended */
  constructor(nodes, signal) {
    this.nodes = nodes;
    this.signal = signal;
    // Each open stream listens.
    setMaxListeners(0, signal);
  }

  /** Sends until a node answers, and asks until the task has ended: an answer may tell that no worker takes it. */
  async send(agent, message) {
    let { task } = await this.call(agent, '/message:send', { message });
    while (!TERMINAL.test(task.status.state)) {
      await sleep(RETRY_MS);
      task = await this.get(agent, task.id);
    }
    return task;
  }

  get(agent, id) {
    return this.call(agent, `/tasks/${id}`);
  }

  /** Asks one node after the other until one answers. */
  async call(agent, path, body) {
    for (let attempt = 0; ; attempt++) {
      this.signal.throwIfAborted();
      if (attempt > 0 && body !== undefined) this.repeated.sends += 1;
      try {
        const answer = await this.#request(agent, path, body, {
          bodyTimeout: ANSWER_MS,
          headersTimeout: ANSWER_MS,
        });
        return await answer.json();
      } catch (error) {
        if (error instanceof Refused) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  /**
   * All events of a new task, until it has ended or asks for input.
   * @param onEvent gets each as it comes: {id, data, at}
   */
  async stream(agent, message, { configuration, onEvent = () => {} } = {}) {
    const open = () => this.#request(agent, '/message:stream', { message, configuration }, STREAM);
    return this.#follow(agent, open, onEvent);
  }

  /** All events of a task from now on, until it has ended; the first is the task as it is. */
  async subscribe(agent, taskId, { onEvent = () => {} } = {}) {
    const open = () => this.#request(agent, `/tasks/${taskId}:subscribe`, undefined, STREAM);
    return this.#follow(agent, open, onEvent);
  }

  /** All events of a task behind one that another client has seen, with that one as the first. */
  async resume(agent, taskId, event, { onEvent = () => {} } = {}) {
    return this.#follow(agent, undefined, onEvent, { taskId, events: [event] });
  }

  async #follow(agent, open, onEvent, { taskId, events } = { events: [] }) {
    for (let attempt = 0; ; attempt++) {
      this.signal.throwIfAborted();
      const last = events.at(-1);
      if (attempt > 0) this.repeated[last === undefined ? 'sends' : 'resumes'] += 1;
      try {
        const body = await (last === undefined
          ? open()
          : this.#request(agent, `/tasks/${taskId}:subscribe`, undefined, {
              ...STREAM,
              headers: { 'last-event-id': last.id },
            }));
        for await (const event of sse(body)) {
          if (event.data.error !== undefined) throw new Error(JSON.stringify(event.data.error));
          if (isNotice(event)) {
            this.notices += 1;
            continue;
          }
          taskId ??= taskIdOf(event.data);
          events.push(event);
          onEvent(event);
          // A subscription stays open while its task waits for input.
          if (isOver(events)) break;
        }
        if (isOver(events)) return events;
      } catch (error) {
        if (error instanceof Refused) {
          error.events = events;
          throw error;
        }
        if (isOver(events)) return events;
      }
      await sleep(RETRY_MS);
    }
  }

  /** @throws Refused; what the connection says; for 5xx and 429 an Error, after which another node may do */
  async #request(agent, path, body, options) {
    const node = this.nodes[this.#next++ % this.nodes.length];
    const answer = await request(`${node.url}/a2a/${agent}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      dispatcher: this.#dispatcher,
      signal: this.signal,
      ...options,
      headers: { ...HEADERS, ...options.headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (answer.statusCode === 200) return answer.body;
    const text = await answer.body.text();
    const told = `${agent}${path}: HTTP ${answer.statusCode} ${text}`;
    throw answer.statusCode >= 500 || answer.statusCode === 429 ? new Error(told) : new Refused(told);
  }

  close() {
    return this.#dispatcher.destroy();
  }
}

const STREAM = { bodyTimeout: SILENCE_MS, headersTimeout: ANSWER_MS };

async function* sse(body) {
  let events = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const { id, data } of events) yield { id, data: JSON.parse(data), at: Date.now() };
    events = [];
  }
}

export function taskIdOf({ task, statusUpdate, artifactUpdate }) {
  return task?.id ?? statusUpdate?.taskId ?? artifactUpdate?.taskId;
}

export function stateOf({ task, statusUpdate }) {
  return (task ?? statusUpdate)?.status.state;
}

function isOver(events) {
  const last = events.findLast(({ data }) => stateOf(data) !== undefined);
  const state = last && stateOf(last.data);
  return state !== undefined && (TERMINAL.test(state) || state === 'TASK_STATE_INPUT_REQUIRED');
}
