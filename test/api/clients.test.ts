import type { Task } from '../../src/a2a/types';
import { eventually } from '../support/eventually';
import { startHarness } from '../support/harness';
import { JSON_V1 } from './harness';

/** Requests as clients were seen to send them that are not quite those of the specification. */

let url = '';

beforeAll(async () => {
  const agents = [
    { id: 'echo', default: true },
    { id: 'telling', workflow: { type: 'echo' }, repeatAnswer: true },
    { id: 'texts', workflow: { type: 'echo' }, defaultInputModes: ['text/plain'] },
    { id: 'invoice', workflow: { input: 'data' as const } },
    { id: 'other', workflow: { type: 'echo' }, publicGrpcUrl: 'other.example.com:443' },
    { id: 'interview', workflow: { type: 'interview' } },
    { id: 'ticker', workflow: { type: 'ticker' } },
    { id: 'none', workflow: { type: 'echo' }, publicGrpcUrl: 'off' },
  ];
  const grpc = { url: 'agents.example.com:443', port: 1 };
  ({ url } = await startHarness({ agents, app: { grpc } }));
}, 60_000);

const JSON_TYPE = { 'Content-Type': 'application/json' };
let sent = 0;
const v03 = (parts: object[] = [{ kind: 'text', text: 'hi' }]) => {
  sent += 1;
  return { message: { kind: 'message', messageId: `old-${sent}`, role: 'user', parts } };
};
const v1 = (parts: object[] = [{ text: 'hi' }]) => {
  sent += 1;
  return { message: { messageId: `new-${sent}`, role: 'ROLE_USER', parts } };
};

// biome-ignore lint/suspicious/noExplicitAny: bodies of answers are read freely in tests
async function post(path: string, body: object, headers: object = {}): Promise<any> {
  const init = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
  return (await fetch(url + path, init)).json();
}

describe('the version of a request', () => {
  it('that is named holds on the paths of the other', async () => {
    const older = await post('/a2a/echo/message:send', v03(), { 'A2A-Version': '0.3.0' });
    expect(older).toMatchObject({ kind: 'task' });
    const got = await fetch(`${url}/a2a/echo/tasks/${older.id}`, { headers: { 'A2A-Version': '0.3' } });
    expect(await got.json()).toMatchObject({ kind: 'task', id: older.id });
    const newer = await post('/a2a/echo/v1/message:send', v1(), { 'A2A-Version': '1.0' });
    expect(newer).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });
  });

  it('is that of a path or method which only one version has', async () => {
    const rest = await post('/a2a/echo/message:send', v1());
    expect(rest).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });
    const call = { jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: rest.task.id } };
    expect(await post('/a2a/echo', call)).toMatchObject({ result: { id: rest.task.id } });
  });

  it('that one path has not is told', async () => {
    const path = '/a2a/echo/extendedAgentCard';
    const answer = await fetch(url + path, { headers: { 'A2A-Version': '0.3' } });
    const { error } = (await answer.json()) as { error: object };
    expect([answer.status, error]).toMatchObject([
      400,
      { message: `A2A 0.3 has no GET ${path}: it is a path of 1.0` },
    ]);
  });
});

it('parts of 0.3 need no kind', async () => {
  const parts = [{ text: 'hi' }, { data: { a: 1 } }, { file: { uri: 'https://example.com/a.png' } }];
  const call = { jsonrpc: '2.0', id: 1, method: 'message/send', params: v03(parts) };
  const { result } = await post('/a2a/echo', call);
  expect(result.artifacts[0].parts).toMatchObject([{ kind: 'text' }, { kind: 'data' }, { kind: 'file' }]);
});

describe('a message of 0.3 without any kind', () => {
  const call = (method: string, parts: object[]) => {
    const { message } = v1(parts);
    return { jsonrpc: '2.0', id: 1, method, params: { message: { ...message, role: 'user' } } };
  };

  it('is answered as 0.3 answers, and under the name of the answer as in 1.0', async () => {
    const parts = [{ text: 'hi' }, { data: [1, { a: null }] }, { raw: 'aGk=', mediaType: 'image/png' }];
    const { result } = await post('/a2a/echo', call('message/send', parts));
    expect(result).toMatchObject({
      kind: 'task',
      status: { state: 'completed' },
      artifacts: [{ parts: [{ kind: 'text' }, { kind: 'data' }, { kind: 'file', file: { bytes: 'aGk=' } }] }],
    });
    const { status, history, artifacts } = result.task;
    expect([status.state, artifacts[0].parts]).toEqual(['completed', parts]);
    expect(history).toMatchObject([{ role: 'user', parts }]);
  });

  it('so are the events of its stream', async () => {
    const init = {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(call('message/stream', [{ text: 'hi' }])),
    };
    const text = await (await fetch(`${url}/a2a/telling`, init)).text();
    const events = text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice('data: '.length)).result);
    expect(events.map(({ kind }) => kind)).toEqual(['task', 'artifact-update', 'status-update']);
    expect(events[0].task).toMatchObject({ id: events[0].id, status: { state: 'submitted' } });
    expect(events[1].artifactUpdate).toMatchObject({
      taskId: events[0].id,
      artifact: { parts: [{ text: 'hi' }] },
    });
    const said = { role: 'agent', parts: [{ text: 'hi' }] };
    expect(events[2].statusUpdate).toMatchObject({ status: { state: 'completed', message: said } });
  });
});

describe('the list of tasks in 0.3', () => {
  it('has the words of 0.3, in JSON-RPC and HTTP+JSON', async () => {
    const contextId = 'listed';
    const { result: task } = await post('/a2a/telling', {
      jsonrpc: '2.0',
      id: 1,
      method: 'message/send',
      params: { message: { ...v03().message, contextId } },
    });
    const list = (params: object) =>
      post('/a2a/telling', { jsonrpc: '2.0', id: 2, method: 'tasks/list', params });
    const expected = { tasks: [{ kind: 'task', id: task.id, status: { state: 'completed' } }], totalSize: 1 };
    await eventually(async () => {
      expect((await list({ contextId, status: 'completed', includeArtifacts: true })).result).toMatchObject(
        expected,
      );
      return true;
    });
    expect((await list({ contextId, status: 'working' })).result).toMatchObject({ tasks: [], totalSize: 0 });
    expect((await list({ status: 'busy' })).error.message).toContain('status');

    const query = `?contextId=${contextId}&pageSize=50`;
    expect(await (await fetch(`${url}/a2a/telling/v1/tasks${query}`)).json()).toMatchObject(expected);
    const named = await fetch(`${url}/a2a/telling/tasks${query}`, { headers: { 'A2A-Version': '0.3.0' } });
    expect(await named.json()).toMatchObject(expected);
    const newer = await (await fetch(`${url}/a2a/telling/tasks${query}`)).json();
    expect(newer).toMatchObject({ tasks: [{ status: { state: 'TASK_STATE_COMPLETED' } }] });
  });
});

describe('the card', () => {
  const get = async (path: string) => (await (await fetch(url + path)).json()) as { name?: string };

  it('of the default agent is found at the root, beside the list of agents', async () => {
    const { agents, ...card } = (await get('/')) as { agents?: { id: string }[] };
    expect(agents?.map(({ id }) => id)).toContain('telling');
    expect(card).toEqual(await get('/.well-known/agent-card.json'));
  });

  it('of an agent is found where Mastra serves those of its agents', async () => {
    const card = await get('/.well-known/telling/agent-card.json');
    expect(card).toEqual(await get('/a2a/telling/.well-known/agent-card.json'));
  });
});

it('JSON-RPC on a path of HTTP+JSON is answered in JSON-RPC', async () => {
  const call = { jsonrpc: '2.0', id: 'a', method: 'message/send', params: v03() };
  const answer = await post('/a2a/telling/v1/message:send', call);
  expect(answer).toMatchObject({ jsonrpc: '2.0', id: 'a', result: { kind: 'task' } });
  // The message of the user, and the answer.
  expect(answer.result.history).toHaveLength(2);
});

describe('the text of the artifacts', () => {
  const repeated = { role: 'ROLE_AGENT', parts: [{ text: 'hi' }] };

  it('is the message of the final status where the agent repeats it', async () => {
    const { task } = (await post('/a2a/telling/message:send', v1())) as { task: Task };
    expect(task).toMatchObject({ status: { message: repeated }, artifacts: [{ parts: [{ text: 'hi' }] }] });
    const got = await (await fetch(`${url}/a2a/telling/tasks/${task.id}`)).json();
    expect(got).toEqual(task);
    const query = `contextId=${task.contextId}&includeArtifacts=true`;
    await eventually(async () => {
      const list = await fetch(`${url}/a2a/telling/tasks?${query}`, { headers: JSON_V1 });
      expect(await list.json()).toMatchObject({ tasks: [task] });
      return true;
    });
    const { task: plain } = (await post('/a2a/echo/message:send', v1())) as { task: Task };
    expect(plain.status.message).toBeUndefined();
  });

  it('is in the final event of a stream', async () => {
    const init = { method: 'POST', headers: JSON_V1, body: JSON.stringify(v1()) };
    const text = await (await fetch(`${url}/a2a/telling/message:stream`, init)).text();
    const events = text.split('\n').filter((line) => line.startsWith('data: '));
    const last = JSON.parse(events.at(-1)?.slice('data: '.length) ?? '') as { [name: string]: object };
    expect(Object.values(last)[0]).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED', message: repeated },
    });
  });
});

it('a text that is JSON is data where data is wanted', async () => {
  const order = { customer: 'ACME', items: [{ sku: 'pen', quantity: 2, unitPrice: 1.5 }] };
  const { task } = await post('/a2a/invoice/message:send', v1([{ text: ` ${JSON.stringify(order)}` }]));
  expect(task.artifacts[0].parts[0].data).toMatchObject({ customer: 'ACME', net: 3 });
  const { error } = await post('/a2a/invoice/message:send', v1([{ text: 'two pens' }]));
  expect(error.message).toContain('a text part that is a JSON object or list');
});

describe('an agent that names no input modes', () => {
  const file = { raw: 'aGk=', mediaType: 'image/png', filename: 'a.png' };

  it('takes every type', async () => {
    const { task } = await post('/a2a/echo/message:send', v1([file]));
    expect(task.artifacts[0].parts).toEqual([file]);
  });

  it('is not one that names some', async () => {
    const { error } = await post('/a2a/texts/message:send', v1([file]));
    expect(error.details[0].reason).toBe('CONTENT_TYPE_NOT_SUPPORTED');
  });
});

it('blocking: false, as drafts of 1.0 have it, returns immediately', async () => {
  const request = { ...v1([{ text: '3 every 1s' }]), configuration: { blocking: false } };
  const { task } = await post('/a2a/ticker/message:send', request);
  expect(['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING']).toContain(task.status.state);
});

it('a stream begins without the question that its message answers', async () => {
  const { task } = await post('/a2a/interview/message:send', v1([{ text: 'begin' }]));
  expect(task.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
  const answer = { message: { ...v1([{ text: 'Ada' }]).message, taskId: task.id } };
  const init = { method: 'POST', headers: JSON_V1, body: JSON.stringify(answer) };
  const text = await (await fetch(`${url}/a2a/interview/message:stream`, init)).text();
  const events = text.split('\n').filter((line) => line.startsWith('data: '));
  const [first, ...more] = events.map((line) => JSON.parse(line.slice('data: '.length)));
  expect(first.task.status).toEqual({ state: 'TASK_STATE_WORKING', timestamp: expect.any(String) });
  expect(first.task.history.at(-1).parts).toEqual([{ text: 'Ada' }]);
  expect(JSON.stringify(more)).not.toContain('INPUT_REQUIRED');
  expect(more.at(-1).statusUpdate.status.state).toBe('TASK_STATE_COMPLETED');
});

describe('a client that accepts nothing but events', () => {
  const ask = async (version: string) => {
    const [method, message] =
      version === '1.0' ? ['SendStreamingMessage', v1().message] : ['message/stream', v03().message];
    const params = { message: { ...message, taskId: 'none' } };
    const headers = { ...JSON_TYPE, Accept: 'text/event-stream', 'A2A-Version': version };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const answer = await fetch(`${url}/a2a/echo`, { method: 'POST', headers, body });
    return [answer.status, answer.headers.get('content-type'), await answer.text()];
  };
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":-32001,';

  it('is told errors as events before 1.0', async () => {
    const [status, type, text] = await ask('0.3');
    expect([status, type]).toEqual([200, 'text/event-stream']);
    expect(text).toMatch(/^data: .*\}\n\n$/);
    expect(text).toContain(`data: ${error}`);
  });

  it('is told errors as JSON in 1.0', async () => {
    const [status, type, text] = await ask('1.0');
    expect([status, type]).toEqual([200, 'application/json']);
    expect(text).toContain(error);
  });
});

it('the URL of an agent gives its card', async () => {
  const card = await (await fetch(`${url}/a2a/echo`)).json();
  expect(card).toEqual(await (await fetch(`${url}/a2a/echo/.well-known/agent-card.json`)).json());
});

it.each([
  ['echo', 'agents.example.com:443'],
  ['other', 'other.example.com:443'],
  ['none', undefined],
])('the card of %s lists gRPC where it is asked to', async (id, grpcUrl) => {
  const answer = await fetch(`${url}/a2a/${id}?A2A-Version=1.0`);
  const { supportedInterfaces } = (await answer.json()) as {
    supportedInterfaces: { url: string; protocolBinding: string }[];
  };
  const grpc = supportedInterfaces.find(({ protocolBinding }) => protocolBinding === 'GRPC');
  expect(grpc?.url).toBe(grpcUrl);
});
