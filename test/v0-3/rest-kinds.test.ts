import type { Artifact } from '../../src/a2a/types';
import { FakeStream } from '../api/fake-operations';
import { closeAll, JSON_V1, makeAgent, startApi } from '../api/harness';
import { rest, restEvents, rpc } from './wire';

/*
 * HTTP+JSON of 0.3 as Retool's pages show it: bodies, paths and answers below are theirs.
 */

afterEach(closeAll);

const JOKE = {
  message: {
    messageId: 'msg-12345',
    role: 'user',
    parts: [{ kind: 'text', text: 'tell me a joke' }],
  },
};

const WAIT = { message: { messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'wait' }] } };

const AT = '2025-12-02T23:15:34.957Z';
const PUNCHLINE = "Why don't skeletons fight each other?\n\nBecause they don't have the guts!";
const ids = { taskId: 't', contextId: 'c' };
const artifact: Artifact = { artifactId: 'a', parts: [{ text: PUNCHLINE }] };

async function start() {
  const api = await startApi();
  return { ...api, base: `${api.url}/a2a/echo` };
}

test('Get Agent Card', async () => {
  const { url } = await startApi({
    publicUrl: 'https://yourdomain.retool.com/api/agents',
    agents: [
      makeAgent({ provider: { organization: 'youradmin@retool.com', url: 'https://yourdomain.retool.com' } }),
    ],
  });
  const { body } = await rest('GET', `${url}/a2a/echo/.well-known/agent-card.json`);
  expect(body).toMatchObject({
    name: 'Echo',
    preferredTransport: 'JSONRPC',
    description: 'Says it again',
    url: 'https://yourdomain.retool.com/api/agents/a2a/echo',
    provider: { organization: 'youradmin@retool.com', url: 'https://yourdomain.retool.com' },
    protocolVersion: '0.3.0',
    version: '1.0.0',
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain', 'application/json', '*/*'],
    skills: [{}],
  });
});

test('Send Message answers at once, with the bare Task in submitted', async () => {
  const { base, operations } = await start();
  operations.nextTask = { status: { state: 'TASK_STATE_SUBMITTED', timestamp: AT } };
  const { status, headers, body } = await rest('POST', `${base}/v1/message:send`, JOKE);
  expect([status, headers.get('Content-Type')]).toEqual([200, 'application/json']);
  expect(body).toEqual({
    id: 'task-msg-12345',
    contextId: 'context',
    status: {
      state: 'submitted',
      message: {
        role: 'agent',
        parts: [{ kind: 'text', text: 'Task submitted' }],
        messageId: `status-task-msg-12345-${Date.parse(AT)}`,
        taskId: 'task-msg-12345',
        contextId: 'context',
        kind: 'message',
      },
      timestamp: AT,
    },
    kind: 'task',
    history: [
      {
        role: 'user',
        parts: [{ kind: 'text', text: 'tell me a joke' }],
        messageId: 'msg-12345',
        contextId: 'context',
        taskId: 'task-msg-12345',
        kind: 'message',
      },
    ],
  });
  expect(operations.calls[0]).toMatchObject({
    request: { configuration: { returnImmediately: true } },
    call: { version: '0.3', dialect: '0.3-kinds' },
  });
});

test('a send that says blocking waits', async () => {
  const { base, operations } = await start();
  await rest('POST', `${base}/v1/message:send`, { ...JOKE, configuration: { blocking: true } });
  expect(operations.calls[0]?.request).not.toHaveProperty('configuration');
});

test('Get Task shows the answer in the status and in the history', async () => {
  const { base, operations } = await start();
  operations.nextTask = { status: { state: 'TASK_STATE_COMPLETED', timestamp: AT }, artifacts: [artifact] };
  await rest('POST', `${base}/v1/message:send`, JOKE);
  const { body } = await rest('GET', `${base}/v1/tasks/task-msg-12345`);
  const answer = {
    role: 'agent',
    parts: [{ kind: 'text', text: PUNCHLINE }],
    messageId: expect.any(String),
    contextId: 'context',
    taskId: 'task-msg-12345',
    kind: 'message',
  };
  expect(body).toMatchObject({
    id: 'task-msg-12345',
    contextId: 'context',
    status: { state: 'completed', message: answer },
    kind: 'task',
    history: [{ role: 'user', kind: 'message' }, answer],
    artifacts: [{ artifactId: 'a' }],
  });
  const short = await rest('GET', `${base}/v1/tasks/task-msg-12345?historyLength=1`);
  expect(short.body.history).toEqual([answer]);
  const none = await rest('GET', `${base}/v1/tasks/task-msg-12345?historyLength=0`);
  expect(none.body).not.toHaveProperty('history');
  const more = await rest('GET', `${base}/v1/tasks/task-msg-12345?historyLength=3`);
  expect(more.body.history).toEqual(body.history);
  const sent = await rest('POST', `${base}/v1/message:send`, {
    ...JOKE,
    configuration: { blocking: true, historyLength: 1 },
  });
  expect(sent.body.history).toEqual([answer]);
});

test('Send Streaming Messages names its events', async () => {
  const { base, operations } = await start();
  const message = (text: string) => ({
    messageId: text,
    role: 'ROLE_AGENT' as const,
    parts: [{ text }],
    ...ids,
  });
  operations.nextStream = new FakeStream()
    .push({ task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_SUBMITTED' } } })
    .push({ statusUpdate: { ...ids, status: { state: 'TASK_STATE_WORKING', message: message('thinking') } } })
    .push({ artifactUpdate: { ...ids, artifact, lastChunk: true } })
    .push({
      statusUpdate: { ...ids, status: { state: 'TASK_STATE_COMPLETED', message: message(PUNCHLINE) } },
    })
    .end();
  const { contentType, list } = await restEvents('POST', `${base}/v1/message:stream`, JOKE);
  expect(contentType).toContain('text/event-stream');
  expect(list.map(({ event }) => event)).toEqual(['task', 'statusUpdate', 'artifactUpdate', 'statusUpdate']);
  expect(list.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
  expect(list[0]?.data).toMatchObject({
    task: {
      id: 't',
      kind: 'task',
      status: { state: 'submitted', message: { parts: [{ text: 'Task submitted' }] } },
    },
  });
  const statusUpdate = {
    kind: 'status-update',
    ...ids,
    status: {
      state: 'working',
      message: {
        role: 'agent',
        kind: 'message',
        messageId: 'thinking',
        ...ids,
        parts: [{ kind: 'text', text: 'thinking' }],
      },
    },
    final: false,
  };
  // Bare as well, for clients that know it by its kind.
  expect(list[1]?.data).toEqual({ ...statusUpdate, statusUpdate });
  expect(list[2]?.data).toMatchObject({ artifactUpdate: { kind: 'artifact-update', lastChunk: true } });
  expect(list[3]?.data).toMatchObject({
    statusUpdate: { final: true, status: { state: 'completed', message: { parts: [{ text: PUNCHLINE }] } } },
  });
});

test('the last event has the answer of an agent that answers with artifacts', async () => {
  const { base, operations } = await start();
  operations.nextTask = { status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [artifact] };
  await rest('POST', `${base}/v1/message:send`, JOKE);
  operations.nextStream = new FakeStream()
    .push({
      statusUpdate: {
        taskId: 'task-msg-12345',
        contextId: 'context',
        status: { state: 'TASK_STATE_COMPLETED' },
      },
    })
    .end();
  const { list } = await restEvents('POST', `${base}/v1/message:stream`, JOKE);
  expect(list[0]?.data.statusUpdate.status.message.parts).toEqual([{ kind: 'text', text: PUNCHLINE }]);
});

describe('Subscribe to Task', () => {
  test.each(['GET', 'POST'])('that runs, by %s', async (method) => {
    const { base } = await start();
    await rest('POST', `${base}/v1/message:send`, WAIT);
    const { list } = await restEvents(method, `${base}/v1/tasks/task-m:subscribe`);
    expect(list).toMatchObject([{ event: 'task', data: { task: { status: { state: 'working' } } } }]);
  });

  test('that has ended', async () => {
    const { base, operations } = await start();
    operations.nextTask = { status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [artifact] };
    await rest('POST', `${base}/v1/message:send`, JOKE);
    const { contentType, list } = await restEvents('POST', `${base}/v1/tasks/task-msg-12345:subscribe`);
    expect(contentType).toContain('text/event-stream');
    expect(list).toEqual([
      {
        data: {
          kind: 'status-update',
          taskId: 'task-msg-12345',
          contextId: 'context',
          status: {
            state: 'completed',
            message: expect.objectContaining({ kind: 'message', role: 'agent' }),
          },
          final: true,
        },
      },
    ]);
  });
});

describe('Cancel Task', () => {
  test('that has ended', async () => {
    const { base } = await start();
    await rest('POST', `${base}/v1/message:send`, JOKE);
    const { status, body } = await rest('POST', `${base}/v1/tasks/task-msg-12345:cancel`);
    expect([status, body]).toEqual([
      200,
      { success: false, message: 'workflow execution already completed' },
    ]);
  });

  test('that runs', async () => {
    const { base } = await start();
    await rest('POST', `${base}/v1/message:send`, WAIT);
    const { body } = await rest('POST', `${base}/v1/tasks/task-m:cancel`);
    expect(body).toMatchObject({ success: true, id: 'task-m', kind: 'task', status: { state: 'canceled' } });
  });
});

test('push notification configs', async () => {
  const { base } = await start();
  await rest('POST', `${base}/v1/message:send`, WAIT);
  const configs = `${base}/v1/tasks/task-m/pushNotificationConfigs`;
  const config = {
    id: 'x',
    url: 'https://example.com/',
    token: 's',
    authentication: { schemes: ['Bearer'], credentials: 'c' },
  };
  const told = { taskId: 'task-m', pushNotificationConfig: config };
  expect((await rest('POST', configs, { pushNotificationConfig: config })).body).toEqual(told);
  expect((await rest('POST', configs, config)).body).toEqual(told);
  const name = 'tasks/task-m/pushNotificationConfigs/x';
  const inProto = { name, pushNotificationConfig: config };
  expect((await rest('POST', configs, inProto)).body).toEqual(inProto);
  expect((await rest('GET', configs)).body).toEqual([told]);
  expect((await rest('GET', `${configs}/x`)).body).toEqual(told);
  const deleted = await rest('DELETE', `${configs}/x`);
  expect([deleted.status, deleted.body]).toEqual([200, {}]);
  expect((await rest('GET', `${configs}/x`)).status).toBe(404);
});

test('the root serves the default agent', async () => {
  const { url } = await startApi();
  const { body } = await rest('POST', `${url}/v1/message:send`, JOKE);
  expect(body).toMatchObject({ id: 'task-msg-12345', kind: 'task' });
});

test('an agent may be closed to 0.3, and to everybody', async () => {
  const agents = [
    makeAgent({ versions: ['1.0'] }),
    makeAgent({ id: 'hidden', default: false, versions: [] }),
  ];
  const { url } = await startApi({ agents });
  const card = await rest('GET', `${url}/a2a/echo/.well-known/agent-card.json`);
  expect(card.body).not.toHaveProperty('url');
  const { status, body } = await rest('POST', `${url}/a2a/echo/v1/message:send`, JOKE);
  expect([status, body]).toMatchObject([
    400,
    { code: -32009, message: expect.stringContaining('supported: 1.0') },
  ]);
  expect((await rpc(`${url}/a2a/echo`, 'tasks/get', { id: 'a' })).body.error.code).toBe(-32009);
  expect((await rest('GET', `${url}/a2a/hidden/.well-known/agent-card.json`)).status).toBe(404);
  expect((await rest('GET', `${url}/a2a`)).body.agents).toMatchObject([{ id: 'echo' }]);
});

describe('errors', () => {
  test.each<[string, string, unknown, number, number, string]>([
    ['POST', '/v1/message:send', {}, 400, -32602, 'message: is required'],
    ['POST', '/v1/message:send', [], 400, -32602, 'must be a JSON object'],
    [
      'POST',
      '/v1/message:send',
      { message: { ...JOKE.message, parts: 'hi' } },
      400,
      -32602,
      'message.parts: must be',
    ],
    ['GET', '/v1/tasks/none', undefined, 404, -32001, ''],
    ['POST', '/v1/tasks/none:cancel', undefined, 404, -32001, ''],
    ['POST', '/v1/tasks/none:subscribe', undefined, 404, -32001, ''],
    [
      'GET',
      '/v1/tasks/none?historyLength=x',
      undefined,
      400,
      -32602,
      'historyLength: must be a whole number',
    ],
    ['DELETE', '/v1/tasks/none', undefined, 405, -32600, 'use GET'],
  ])('%s %s %j', async (method, path, sent, status, code, text) => {
    const { base } = await start();
    const answer = await rest(method, base + path, sent);
    expect([answer.status, answer.body.code ?? answer.body.error.code]).toEqual(
      status === 405 ? [status, status] : [status, code],
    );
    expect(answer.body.message ?? answer.body.error.message).toContain(text);
  });

  test('a body that is no JSON', async () => {
    const { base } = await start();
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${base}/v1/message:send`, { method: 'POST', headers, body: '{' });
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: -32700 }]);
  });

  test('have what each SDK reads of them', async () => {
    const { base } = await start();
    const { body } = await rest('GET', `${base}/v1/tasks/none`);
    expect(body).toMatchObject({
      // JavaScript
      code: -32001,
      message: 'Task not found',
      // Python
      type: 'TaskNotFoundError',
      // Go
      error: { code: 404, status: 'NOT_FOUND', details: [{ reason: 'TASK_NOT_FOUND' }] },
    });
  });

  test('a path that 1.0 does not have', async () => {
    const { base } = await start();
    const answer = await fetch(`${base}/v1/card`, { headers: JSON_V1 });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { message: 'A2A 1.0 has no GET /a2a/echo/v1/card: it is a path of 0.3' } },
    ]);
  });

  test('below /v1 of an agent that is called v1', async () => {
    const { url } = await startApi({ agents: [makeAgent({ id: 'v1' })] });
    const answer = await fetch(`${url}/v1/tasks/a`, { headers: JSON_V1 });
    expect([answer.status, await answer.json()]).toMatchObject([404, { error: { status: 'NOT_FOUND' } }]);
  });
});
