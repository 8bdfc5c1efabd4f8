import { FakeStream } from '../api/fake-operations';
import { closeAll, JSON_V1, makeAgent, startApi } from '../api/harness';
import { events, rpc } from './wire';

afterEach(closeAll);

const message = (text = 'hi', more: object = {}) => ({
  kind: 'message',
  messageId: `m-${text}`,
  role: 'user',
  parts: [{ kind: 'text', text }],
  ...more,
});

test('a send waits, as 0.3 servers do, and is answered with the Task in the shapes of 0.3', async () => {
  const { url, operations } = await startApi();
  const parts = [
    { kind: 'text', text: 'hi', metadata: { a: 1 } },
    { kind: 'file', file: { name: 'a.txt', mimeType: 'text/plain', bytes: 'aGk=' } },
    { kind: 'file', file: { uri: 'https://example.com/a' } },
    { kind: 'data', data: { a: [1, null] } },
    { kind: 'data', data: { value: [1] }, metadata: { data_part_compat: true } },
  ];
  const sent = message('hi', { parts, contextId: 'c', metadata: { m: 1 } });
  const { status, body } = await rpc(url, 'message/send', {
    message: sent,
    configuration: { acceptedOutputModes: ['text/plain'], historyLength: 3 },
    metadata: { a: 1 },
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    jsonrpc: '2.0',
    id: 7,
    result: {
      kind: 'task',
      id: 'task-m-hi',
      contextId: 'c',
      status: { state: 'completed' },
      history: [{ ...sent, taskId: 'task-m-hi' }],
    },
  });
  expect(operations.calls).toMatchObject([
    { name: 'sendMessage', call: { version: '0.3', owner: 'anonymous' } },
  ]);
  expect(operations.calls[0]?.request).toEqual({
    message: {
      messageId: 'm-hi',
      contextId: 'c',
      role: 'ROLE_USER',
      metadata: { m: 1 },
      parts: [
        { text: 'hi', metadata: { a: 1 } },
        { raw: 'aGk=', filename: 'a.txt', mediaType: 'text/plain' },
        { url: 'https://example.com/a' },
        { data: { a: [1, null] } },
        { data: [1] },
      ],
    },
    configuration: { acceptedOutputModes: ['text/plain'], historyLength: 3 },
    metadata: { a: 1 },
  });
});

test.each([
  [false, true],
  [true, undefined],
  [undefined, undefined],
])('blocking %j is returnImmediately %j', async (blocking, returnImmediately) => {
  const { url, operations } = await startApi();
  await rpc(url, 'message/send', { message: message(), configuration: { blocking, historyLength: 1 } });
  expect(operations.calls[0]?.request).toMatchObject({ configuration: { historyLength: 1 } });
  expect(operations.calls[0]?.request).toHaveProperty(
    'configuration',
    returnImmediately ? { historyLength: 1, returnImmediately } : { historyLength: 1 },
  );
});

test('parts that tell their kind by "type" are taken too', async () => {
  const { url } = await startApi();
  const { body } = await rpc(url, 'message/send', {
    message: { messageId: 'm', role: 'user', parts: [{ type: 'text', text: 'hi' }] },
  });
  expect(body.result.history[0].parts).toEqual([{ kind: 'text', text: 'hi' }]);
});

test('get and cancel', async () => {
  const { url, operations } = await startApi();
  await rpc(url, 'message/send', { message: message('wait') });
  const { body } = await rpc(url, 'tasks/get', { id: 'task-m-wait', historyLength: 2 });
  expect(body.result).toMatchObject({ kind: 'task', id: 'task-m-wait', status: { state: 'working' } });
  expect(operations.calls.at(-1)?.request).toEqual({ id: 'task-m-wait', historyLength: 2 });
  const canceled = await rpc(url, 'tasks/cancel', { id: 'task-m-wait' });
  expect(canceled.body.result).toMatchObject({ kind: 'task', status: { state: 'canceled' } });
  const again = await rpc(url, 'tasks/cancel', { id: 'task-m-wait' });
  expect(again.body.error).toMatchObject({ code: -32002, data: [{ reason: 'TASK_NOT_CANCELABLE' }] });
});

test('a stream tells events in 0.3, each on one line and with its ID', async () => {
  const { url, operations } = await startApi();
  const ids = { taskId: 't', contextId: 'c' };
  operations.nextStream = new FakeStream()
    .push({ task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_SUBMITTED' } } })
    .push({
      statusUpdate: {
        ...ids,
        status: {
          state: 'TASK_STATE_AUTH_REQUIRED',
          message: { messageId: 'q', role: 'ROLE_AGENT', parts: [{ text: 'a\nb?' }] },
        },
      },
    })
    .push({
      artifactUpdate: {
        ...ids,
        artifact: { artifactId: 'a', name: 'A', parts: [{ data: 5 }] },
        append: true,
        lastChunk: true,
      },
    })
    .push({ statusUpdate: { ...ids, status: { state: 'TASK_STATE_COMPLETED' }, metadata: { x: 1 } } })
    .end();
  const { contentType, list } = await events(url, 'message/stream', { message: message() });
  expect(contentType).toContain('text/event-stream');
  expect(list.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
  const results = list.map(({ data }) => {
    expect(data).toMatchObject({ jsonrpc: '2.0', id: 7 });
    return data.result;
  });
  expect(results).toEqual([
    { kind: 'task', id: 't', contextId: 'c', status: { state: 'submitted' } },
    {
      kind: 'status-update',
      ...ids,
      final: false,
      status: {
        state: 'auth-required',
        message: { kind: 'message', messageId: 'q', role: 'agent', parts: [{ kind: 'text', text: 'a\nb?' }] },
      },
    },
    {
      kind: 'artifact-update',
      ...ids,
      artifact: {
        artifactId: 'a',
        name: 'A',
        parts: [{ kind: 'data', data: { value: 5 }, metadata: { data_part_compat: true } }],
      },
      append: true,
      lastChunk: true,
    },
    { kind: 'status-update', ...ids, final: true, status: { state: 'completed' }, metadata: { x: 1 } },
  ]);
});

test('a resubscription goes on after Last-Event-ID', async () => {
  const { url, operations } = await startApi();
  await rpc(url, 'message/send', { message: message('wait') });
  await events(url, 'tasks/resubscribe', { id: 'task-m-wait' }, { 'Last-Event-ID': '5' });
  expect(operations.calls.at(-1)).toMatchObject({
    name: 'subscribeToTask',
    request: { id: 'task-m-wait' },
    lastEventId: '5',
    call: { version: '0.3' },
  });
});

test('a stream that fails ends with a JSON-RPC error of 0.3', async () => {
  const { url, operations } = await startApi();
  operations.nextStream = new FakeStream()
    .push({ task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } } })
    .fail(new Error('secret'));
  const { list } = await events(url, 'message/stream', { message: message() });
  expect(list.at(-1)?.data).toMatchObject({
    jsonrpc: '2.0',
    id: 7,
    error: { code: -32603, message: 'Internal error', data: [{ reason: 'INTERNAL_ERROR' }] },
  });
});

describe('errors', () => {
  const send = (more: object) => ({ message: message('hi', more) });
  test.each<[string, unknown, number, string]>([
    ['tasks/get', { id: 'none' }, -32001, ''],
    ['tasks/get', {}, -32602, 'id: is required'],
    ['tasks/get', { id: 5 }, -32602, 'id: must be'],
    ['tasks/get', { id: 'a', historyLength: -1 }, -32602, 'historyLength: must be a whole number'],
    ['tasks/get', [], -32602, 'params: must be a JSON object'],
    ['tasks/nothing', {}, -32601, 'Method not found: "tasks/nothing"'],
    ['message/send', {}, -32602, 'message: is required'],
    ['message/send', { message: 'hi' }, -32602, 'message: must be a JSON object'],
    ['message/send', send({ role: 'agent' }), -32602, 'message.role: must be "user", got "agent"'],
    ['message/send', send({ role: 'ROLE_USER' }), -32602, 'message.role: must be "user"'],
    ['message/send', send({ kind: 'task' }), -32602, 'message.kind: must be "message"'],
    ['message/send', send({ messageId: '' }), -32602, 'message.messageId: must be'],
    ['message/send', send({ parts: undefined }), -32602, 'message.parts: is required'],
    ['message/send', send({ parts: [] }), -32602, 'message.parts: must be a non-empty list'],
    ['message/send', send({ parts: [null] }), -32602, 'message.parts[0]: must be a JSON object'],
    [
      'message/send',
      send({ parts: [{ text: 'hi', data: {} }] }),
      -32602,
      'message.parts[0]: must have a kind of',
    ],
    ['message/send', send({ parts: [{ kind: 'image' }] }), -32602, 'got "image"'],
    ['message/send', send({ parts: [{ kind: 'text' }] }), -32602, 'so it must have text'],
    ['message/send', send({ parts: [{ kind: 'text', text: 5 }] }), -32602, 'message.parts[0].text: must be'],
    ['message/send', send({ parts: [{ kind: 'data', data: 5 }] }), -32602, 'message.parts[0].data: must be'],
    ['message/send', send({ parts: [{ kind: 'file', file: {} }] }), -32602, 'exactly one of bytes and uri'],
    [
      'message/send',
      send({ parts: [{ kind: 'file', file: { bytes: '!' } }] }),
      -32602,
      'file.bytes: must be',
    ],
    ['message/send', { ...send({}), configuration: { blocking: 'yes' } }, -32602, 'configuration.blocking'],
    ['tasks/pushNotificationConfig/set', { taskId: 't' }, -32602, 'pushNotificationConfig: is required'],
    ['agent/getAuthenticatedExtendedCard', {}, -32007, 'xtended'],
  ])('%s %j', async (method, params, code, text) => {
    const { url } = await startApi();
    const { status, body } = await rpc(url, method, params);
    expect(status).toBe(200);
    expect(body).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code } });
    expect(body.error.message).toContain(text);
    if (code === -32602) expect(body.error.data[0].fieldViolations).toHaveLength(1);
  });

  test('a body that is no JSON', async () => {
    const { url } = await startApi();
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: '{' });
    expect(await answer.json()).toMatchObject({ id: null, error: { code: -32700 } });
  });

  test('a method of 0.3 in a request of 1.0', async () => {
    const { url } = await startApi();
    const { body } = await rpc(url, 'message/send', {}, JSON_V1);
    expect(body.error).toMatchObject({ code: -32601, data: [{ reason: 'METHOD_NOT_FOUND' }] });
    expect(body.error.message).toContain('one of A2A 0.3 and not of 1.0');
  });

  test('a method of 1.0 in a request of 0.3', async () => {
    const { url } = await startApi();
    const { body } = await rpc(url, 'SendMessage', {}, { 'A2A-Version': '0.3.0' });
    expect(body.error).toMatchObject({ code: -32601 });
  });

  test('an agent that streams not', async () => {
    const { url } = await startApi({ agents: [makeAgent({ streaming: false })] });
    const { body } = await rpc(url, 'message/stream', { message: message() });
    expect(body.error).toMatchObject({ code: -32004 });
  });

  test('an extension that is required, by the header of 0.3', async () => {
    const uri = 'https://example.com/x';
    const { url } = await startApi({ agents: [makeAgent({ extensions: [{ uri, required: true }] })] });
    const { body } = await rpc(url, 'tasks/get', { id: 'a' });
    expect(body.error).toMatchObject({ code: -32008 });
    const known = await rpc(url, 'tasks/get', { id: 'a' }, { 'X-A2A-Extensions': uri });
    expect(known.headers.get('X-A2A-Extensions')).toBe(uri);
    expect(known.body.error).toMatchObject({ code: -32001 });
  });
});

test('the extended card in the shape of 0.3', async () => {
  const agent = makeAgent({ extendedCard: { description: 'more' } });
  const { url } = await startApi({ agents: [agent] });
  const { body } = await rpc(url, 'agent/getAuthenticatedExtendedCard', undefined);
  expect(body.result).toMatchObject({
    description: 'more',
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    supportsAuthenticatedExtendedCard: true,
  });
});
