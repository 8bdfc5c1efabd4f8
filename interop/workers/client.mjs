// A client of one agent over the three bindings of A2A 1.0, and over 0.3 to see that it is answered at all.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(import.meta.url);
const { credentials, makeGenericClientConstructor, Metadata } = require('@grpc/grpc-js');
const { A2AService } = require('@a2a-js/sdk/server/grpc');
const { ListTasksRequest, ListTasksResponse, GetTaskRequest, Task } = require('@a2a-js/sdk');
const { readEvents } = require('../../dist/a2a/server-sent-events.js');

/** No answer takes longer, save that of a task that goes on. */
const CALL_MS = 20_000;
const POLL_MS = 50;

const Service = makeGenericClientConstructor(A2AService, 'A2AService');

/** An answer that is an error; `status` is that of HTTP. */
export class Refused extends Error {
  constructor(status, body) {
    super(`${status} ${body}`);
    this.status = status;
  }
}

export class AgentClient {
  /** Whether the events of its streams have IDs, behind which another stream goes on. */
  resumes = true;

  /**
   * @param api {url, grpc}: base URL of the API, address of gRPC
   * @param agentId of the agent
   */
  constructor({ url, grpc }, agentId) {
    this.agentId = agentId;
    this.base = `${url}/a2a/${agentId}`;
    this.grpc = new Service(grpc, credentials.createInsecure());
  }

  close() {
    this.grpc.close();
  }

  /** The Task or Message of the answer. */
  async send(message, configuration, signal) {
    const { task, message: answer } = await this.post('/message:send', { message, configuration }, signal);
    return task ?? answer;
  }

  get(taskId) {
    return this.request(`/tasks/${taskId}`);
  }

  cancel(taskId) {
    return this.post(`/tasks/${taskId}:cancel`, {});
  }

  list(query) {
    return this.request(`/tasks?${new URLSearchParams(query)}`);
  }

  stream(message) {
    return new Recording((signal) => this.open('/message:stream', { message }, {}, signal));
  }

  /** @param lastEventId where to go on; without it from the Task as it is */
  subscribe(taskId, lastEventId) {
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    return new Recording((signal) => this.open(`/tasks/${taskId}:subscribe`, undefined, headers, signal));
  }

  /** As {@link get}, by JSON-RPC, gRPC and JSON-RPC 0.3; the last in its own shape. */
  async getOtherwise(taskId) {
    const [rpc, grpc, old] = await Promise.all([
      this.rpc('GetTask', { id: taskId }),
      this.call('getTask', GetTaskRequest.fromJSON({ tenant: this.agentId, id: taskId })),
      this.rpc('tasks/get', { id: taskId }, '0.3'),
    ]);
    return { rpc, grpc: Task.toJSON(grpc), old };
  }

  /** As {@link list}, by JSON-RPC and gRPC. */
  async listOtherwise(query) {
    const request = { tenant: this.agentId, includeArtifacts: true, ...query };
    const [rpc, grpc] = await Promise.all([
      this.rpc('ListTasks', { includeArtifacts: true, ...query }),
      this.call('listTasks', ListTasksRequest.fromJSON(request)),
    ]);
    return { rpc, grpc: ListTasksResponse.toJSON(grpc) };
  }

  /** The task, once `isSo` says so; fails with what `isSo` has said last. */
  async until(taskId, isSo, patienceMs = CALL_MS) {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const task = await this.get(taskId);
      const differences = isSo(task);
      if (differences.length === 0) return task;
      if (Date.now() > deadline) throw new Error(`GetTask: ${differences.join('; ')}`);
      await sleep(POLL_MS);
    }
  }

  async rpc(method, params, version = '1.0', signal = AbortSignal.timeout(CALL_MS)) {
    const answer = await fetch(this.base, {
      method: 'POST',
      headers: headersOf(version),
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal,
    });
    const { result, error } = await answer.json();
    if (error !== undefined) throw new Error(`${method} ${version}: ${JSON.stringify(error)}`);
    return result;
  }

  /** @param signal ends it; without one it has the time of any call */
  call(method, request, signal) {
    return new Promise((resolve, reject) => {
      const options = signal === undefined ? { deadline: Date.now() + CALL_MS } : {};
      const call = this.grpc[method](request, this.metadata(), options, (error, answer) => {
        if (error) reject(new Error(`gRPC ${method}: ${error.code} ${error.details} ${reasonOf(error)}`));
        else resolve(answer);
      });
      signal?.addEventListener('abort', () => call.cancel());
    });
  }

  metadata() {
    const metadata = new Metadata();
    metadata.set('a2a-version', '1.0');
    return metadata;
  }

  /** What a webhook is told, as a StreamResponse. */
  deliveredOf(body) {
    return body;
  }

  post(path, body, signal) {
    return this.request(path, { method: 'POST', body: JSON.stringify(body), signal });
  }

  async request(path, options = {}, version = '1.0') {
    const signal = options.signal ?? AbortSignal.timeout(CALL_MS);
    const answer = await fetch(this.base + path, { headers: headersOf(version), ...options, signal });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, text);
    return JSON.parse(text);
  }

  /** The events of a stream: {id, event, data}. */
  async open(path, body, headers, signal, version = '1.0') {
    const answer = await fetch(this.base + path, {
      method: 'POST',
      headers: { ...headersOf(version), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    if (!answer.ok) throw new Refused(answer.status, await answer.text());
    return readEvents(answer.body);
  }
}

/** The names in the details of an error of gRPC; that of A2A is among them. */
function reasonOf({ metadata }) {
  const [details = ''] = metadata?.get('grpc-status-details-bin') ?? [];
  return (details.toString('latin1').match(/[A-Z]+(_[A-Z]+)+/g) ?? []).join(' ');
}

function headersOf(version) {
  return {
    'Content-Type': 'application/json',
    ...(version === '1.0' && { 'A2A-Version': '1.0' }),
  };
}

/** A stream that is read to its end while other things go on. */
export class Recording {
  /** {id, response}, in order. */
  events = [];
  ended = false;
  /** Of an error event, or why there is no stream. */
  error = undefined;
  #abort = new AbortController();
  #waiting = new Set();

  /**
   * @param open gives the events, as AgentClient.open() does
   * @param responseOf the StreamResponse that an event's data is
   */
  constructor(open, responseOf = (value) => value) {
    this.done = this.#read(open, responseOf);
  }

  async #read(open, responseOf) {
    try {
      for await (const { id, event, data } of await open(this.#abort.signal)) {
        if (event === 'error') this.error = new Error(`error event: ${data}`);
        else this.events.push({ id, response: responseOf(JSON.parse(data)) });
        for (const look of this.#waiting) look();
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.error = error;
    }
    this.ended = true;
    for (const look of this.#waiting) look();
  }

  /** Whether it is so; false when the stream has ended or the time is over without. */
  until(isSo, patienceMs = CALL_MS) {
    return new Promise((resolve) => {
      const finish = (result) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(result);
      };
      const timer = setTimeout(() => finish(isSo(this)), patienceMs);
      const look = () => {
        if (isSo(this)) finish(true);
        else if (this.ended) finish(false);
      };
      this.#waiting.add(look);
      look();
    });
  }

  close() {
    this.#abort.abort();
  }
}
