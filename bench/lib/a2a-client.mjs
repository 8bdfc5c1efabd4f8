import { randomUUID } from 'node:crypto';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';

const HEADERS = { 'content-type': 'application/json', 'a2a-version': '1.0' };

/**
 * A plain A2A 1.0 client over JSON-RPC, as light as can be, so that it is not what gets measured.
 * @param common headers of all its requests
 */
export function a2aClient(url, common = {}) {
  const dispatcher = new Agent({ connections: 1_000, headersTimeout: 240_000, bodyTimeout: 240_000 });

  async function post(agent, method, params, headers) {
    const { statusCode, body } = await request(`${url}/a2a/${agent}`, {
      method: 'POST',
      headers: { ...HEADERS, ...common, ...headers },
      dispatcher,
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    if (statusCode !== 200) throw new Error(`${method}: HTTP ${statusCode} ${await body.text()}`);
    return body;
  }

  async function call(agent, method, params) {
    const { result, error } = await (await post(agent, method, params)).json();
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  return {
    /** Sends and waits; throws unless the task has come to `state`. */
    async send(agent, message, state = 'TASK_STATE_COMPLETED') {
      const { task } = await call(agent, 'SendMessage', { message });
      if (task?.status.state !== state) throw new Error(`${agent}: ${JSON.stringify(task?.status)}`);
      return task;
    },
    async sendImmediately(agent, message) {
      const configuration = { returnImmediately: true };
      const { task } = await call(agent, 'SendMessage', { message, configuration });
      return task;
    },
    getTask: (agent, id) => call(agent, 'GetTask', { id }),
    listTasks: (agent, params) => call(agent, 'ListTasks', params),
    /** The events of a new task's stream, each with the time when it came. */
    async *stream(agent, message, now) {
      for await (const [data, at] of sse(await post(agent, 'SendStreamingMessage', { message }), now)) {
        yield [JSON.parse(data).result, at];
      }
    },
    /** The first event behind another one of a task's stream, which is left then. */
    async firstEvent(agent, id, lastEventId) {
      const body = await post(agent, 'SubscribeToTask', { id }, { 'last-event-id': lastEventId });
      for await (const [data] of sse(body, () => 0)) return JSON.parse(data).result;
      throw new Error(`${agent}: the stream of ${id} has no event behind ${lastEventId}`);
    },
    close: () => dispatcher.destroy(),
  };
}

/** The data of each server-sent event and the time when it was complete. */
export async function* sse(body, now) {
  let events = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const at = now();
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const data of events) yield [data, at];
    events = [];
  }
}

export function textMessage(text = 'Hello, agent!') {
  return { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }] };
}

export function dataMessage(data, text) {
  const parts = text === undefined ? [{ data }] : [{ text }, { data }];
  return { messageId: randomUUID(), role: 'ROLE_USER', parts };
}
