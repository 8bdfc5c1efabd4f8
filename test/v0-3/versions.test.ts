import { randomUUID } from 'node:crypto';
import { startHarness } from '../support/harness';
import { type Body, parseEvents } from './wire';

/** One version in one binding, as it is on the wire; each tells a state as 0.3 does. */
interface Way {
  name: string;
  send(url: string): Promise<string>;
  get(url: string, id: string): Promise<string>;
  firstOfStream(url: string, id: string): Promise<{ id: string; state: string }>;
  cancel(url: string, id: string): Promise<string>;
}

const STEPS = { steps: [{ forever: true }] };

async function post(url: string, body: unknown, version: string): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', ...(version && { 'A2A-Version': version }) };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

function stateOf({ status }: Body): string {
  return status.state.replace('TASK_STATE_', '').replace('CANCELLED', 'CANCELED').toLowerCase();
}

/** The Task with which a stream begins, which is then left. */
async function firstTask(response: Response, taskOf: (data: Body) => Body) {
  const reader = response.body?.getReader();
  let text = '';
  while (!text.includes('\n\n')) {
    const { value } = (await reader?.read()) ?? {};
    if (value === undefined) throw new Error(`the stream ended after ${text}`);
    text += Buffer.from(value).toString();
  }
  await reader?.cancel();
  const task = taskOf(parseEvents(text)[0]?.data);
  return { id: task.id, state: stateOf(task) };
}

interface RpcShape {
  name: string;
  version: string;
  methods: [send: string, get: string, subscribe: string, cancel: string];
  params: (messageId: string) => object;
  unwrap: (result: Body) => Body;
}

function overJsonRpc({ name, version, methods, params, unwrap }: RpcShape): Way {
  const [send, get, subscribe, cancel] = methods;
  const request = (url: string, method: string, params: object) =>
    post(url, { jsonrpc: '2.0', id: 1, method, params }, version);
  const call = async (url: string, method: string, params: object): Promise<Body> => {
    const { result, error } = (await (await request(url, method, params)).json()) as Body;
    if (error !== undefined) throw new Error(error.message);
    return result;
  };
  return {
    name,
    send: async (url) => unwrap(await call(url, send, params(randomUUID()))).id,
    get: async (url, id) => stateOf(await call(url, get, { id })),
    firstOfStream: async (url, id) =>
      firstTask(await request(url, subscribe, { id }), ({ result }) => unwrap(result)),
    cancel: async (url, id) => stateOf(await call(url, cancel, { id })),
  };
}

interface RestShape {
  name: string;
  version: string;
  prefix: string;
  body: (messageId: string) => object;
}

/** The answers of all dialects differ only in how a Task is wrapped. */
function overRest({ name, version, prefix, body }: RestShape): Way {
  const read = async (response: Response): Promise<Body> => {
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer.task ?? answer;
  };
  return {
    name,
    send: async (url) =>
      (await read(await post(`${url}${prefix}/message:send`, body(randomUUID()), version))).id,
    get: async (url, id) => {
      const headers = version === '' ? {} : { 'A2A-Version': version };
      return stateOf(await read(await fetch(`${url}${prefix}/tasks/${id}`, { headers })));
    },
    firstOfStream: async (url, id) =>
      firstTask(await post(`${url}${prefix}/tasks/${id}:subscribe`, {}, version), ({ task }) => task),
    cancel: async (url, id) =>
      stateOf(await read(await post(`${url}${prefix}/tasks/${id}:cancel`, {}, version))),
  };
}

const ofV1 = (messageId: string) => ({
  message: { messageId, role: 'ROLE_USER', parts: [{ data: STEPS }] },
  configuration: { returnImmediately: true },
});
const ofV03 = (messageId: string) => ({
  message: { messageId, role: 'user', parts: [{ kind: 'data', data: STEPS }] },
  configuration: { blocking: false },
});
const inProto = (messageId: string) => ({
  message: { messageId, role: 'ROLE_USER', content: [{ data: { data: STEPS } }] },
  configuration: { blocking: false },
});

const WAYS: Way[] = [
  overJsonRpc({
    name: '1.0 JSON-RPC',
    version: '1.0',
    methods: ['SendMessage', 'GetTask', 'SubscribeToTask', 'CancelTask'],
    params: ofV1,
    unwrap: (result) => result.task,
  }),
  overRest({ name: '1.0 HTTP+JSON', version: '1.0', prefix: '', body: ofV1 }),
  overJsonRpc({
    name: '0.3 JSON-RPC',
    version: '',
    methods: ['message/send', 'tasks/get', 'tasks/resubscribe', 'tasks/cancel'],
    params: ofV03,
    unwrap: (result) => result,
  }),
  overRest({ name: '0.3 HTTP+JSON with kinds', version: '', prefix: '/v1', body: ofV03 }),
  overRest({ name: '0.3 HTTP+JSON in ProtoJSON', version: '0.3', prefix: '/v1', body: inProto }),
];

describe('A task is the same task in every version and binding', () => {
  let url = '';

  beforeAll(async () => {
    const harness = await startHarness({ agents: [{ id: 'script' }], app: true });
    url = `${harness.url}/a2a/script`;
  });

  const pairs = WAYS.flatMap((sender) =>
    WAYS.map((reader) => [sender.name, reader.name, sender, reader] as const),
  );

  it.each(pairs)('sent over %s, it is got, streamed and canceled over %s', async (_, __, sender, reader) => {
    const id = await sender.send(url);
    expect(['submitted', 'working']).toContain(await reader.get(url, id));
    const first = await reader.firstOfStream(url, id);
    expect(first.id).toBe(id);
    expect(['submitted', 'working']).toContain(first.state);
    expect(await reader.cancel(url, id)).toBe('canceled');
    expect(await sender.get(url, id)).toBe('canceled');
  });
});
