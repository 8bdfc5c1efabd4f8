import { FakeStream } from '../api/fake-operations';
import { closeAll, makeAgent, startApi } from '../api/harness';
import { rest, restEvents, rpc } from './wire';

/*
 * HTTP+JSON of 0.3 as the official SDKs write it: the ProtoJSON of a2a.v1, in which unknown fields are errors.
 */

afterEach(closeAll);

const message = (text = 'hi', more: object = {}) => ({
  messageId: `m-${text}`,
  role: 'ROLE_USER',
  content: [{ text }],
  ...more,
});

async function start() {
  const api = await startApi();
  return { ...api, base: `${api.url}/a2a/echo/v1` };
}

test('a send', async () => {
  const { base, operations } = await start();
  const content = [
    { text: 'hi', metadata: { a: 1 } },
    { file: { fileWithBytes: 'aGk=', mimeType: 'text/plain', name: 'a.txt' } },
    { file: { fileWithUri: 'https://example.com/a' } },
    { data: { data: { a: [1, null] } } },
  ];
  const { status, body } = await rest('POST', `${base}/message:send`, {
    message: message('hi', { content, contextId: 'c', metadata: { m: 1 }, extensions: ['https://e.com/x'] }),
    configuration: {
      acceptedOutputModes: ['text/plain'],
      blocking: true,
      historyLength: 3,
      pushNotification: {
        url: 'https://example.com/',
        authentication: { schemes: ['Bearer'], credentials: 'c' },
      },
    },
    metadata: { a: 1 },
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    task: {
      id: 'task-m-hi',
      contextId: 'c',
      status: { state: 'TASK_STATE_COMPLETED' },
      history: [
        {
          messageId: 'm-hi',
          contextId: 'c',
          taskId: 'task-m-hi',
          role: 'ROLE_USER',
          content,
          metadata: { m: 1 },
          extensions: ['https://e.com/x'],
        },
      ],
    },
  });
  expect(operations.calls[0]).toMatchObject({ call: { version: '0.3', dialect: '0.3-proto' } });
  expect(operations.calls[0]?.request).toMatchObject({
    message: {
      role: 'ROLE_USER',
      parts: [
        { text: 'hi', metadata: { a: 1 } },
        { raw: 'aGk=', filename: 'a.txt', mediaType: 'text/plain' },
        { url: 'https://example.com/a' },
        { data: { a: [1, null] } },
      ],
    },
    configuration: {
      acceptedOutputModes: ['text/plain'],
      historyLength: 3,
      taskPushNotificationConfig: {
        url: 'https://example.com/',
        authentication: { scheme: 'Bearer', credentials: 'c' },
      },
    },
    metadata: { a: 1 },
  });
});

test.each([
  ['no configuration', {}, undefined],
  ['a configuration, in which unset is false', { configuration: { historyLength: 0 } }, true],
  ['blocking: false', { configuration: { blocking: false } }, true],
  ['blocking: true', { configuration: { blocking: true } }, undefined],
])('%s', async (_, more, returnImmediately) => {
  const { base, operations } = await start();
  await rest('POST', `${base}/message:send`, { message: message(), ...more });
  expect(operations.calls[0]?.request).toEqual({
    message: expect.anything(),
    ...(returnImmediately && { configuration: { returnImmediately } }),
  });
});

test('the names of the proto file are names too', async () => {
  const { base, operations } = await start();
  await rest('POST', `${base}/message:send`, {
    request: {
      message_id: 'm',
      role: 1,
      content: [{ file: { file_with_uri: 'a:b', mime_type: 'text/plain' } }],
    },
  });
  expect(operations.calls[0]?.request).toMatchObject({
    message: { messageId: 'm', parts: [{ url: 'a:b', mediaType: 'text/plain' }] },
  });
});

test('get and cancel, whose bodies clients write in several ways', async () => {
  const { base } = await start();
  await rest('POST', `${base}/message:send`, { message: message('wait') });
  const task = await rest('GET', `${base}/tasks/task-m-wait?historyLength=1`);
  expect(task.body).toMatchObject({ id: 'task-m-wait', status: { state: 'TASK_STATE_WORKING' } });
  const canceled = await rest('POST', `${base}/tasks/task-m-wait:cancel`, { name: 'tasks/task-m-wait' });
  expect(canceled.body).toMatchObject({ id: 'task-m-wait', status: { state: 'TASK_STATE_CANCELLED' } });
  const again = await rest('POST', `${base}/tasks/task-m-wait:cancel`, null);
  expect([again.status, again.body]).toMatchObject([400, { code: -32002 }]);
});

test('a stream, in which nothing has a name', async () => {
  const { base, operations } = await start();
  const ids = { taskId: 't', contextId: 'c' };
  operations.nextStream = new FakeStream()
    .push({ task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_SUBMITTED' } } })
    .push({ artifactUpdate: { ...ids, artifact: { artifactId: 'a', parts: [{ data: 5 }] }, append: true } })
    .push({
      statusUpdate: {
        ...ids,
        status: {
          state: 'TASK_STATE_CANCELED',
          message: { messageId: 'x', role: 'ROLE_AGENT', parts: [{ text: 'ok' }] },
          timestamp: '2025-12-02T23:15:34.957Z',
        },
      },
    })
    .fail(new Error('secret'));
  const { list } = await restEvents('POST', `${base}/message:stream`, { message: message() });
  expect(list).toEqual([
    { id: '1', data: { task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_SUBMITTED' } } } },
    {
      id: '2',
      data: {
        artifactUpdate: {
          ...ids,
          artifact: {
            artifactId: 'a',
            parts: [{ data: { data: { value: 5 } }, metadata: { data_part_compat: true } }],
          },
          append: true,
        },
      },
    },
    {
      id: '3',
      data: {
        statusUpdate: {
          ...ids,
          status: {
            state: 'TASK_STATE_CANCELLED',
            message: { messageId: 'x', role: 'ROLE_AGENT', content: [{ text: 'ok' }] },
            timestamp: '2025-12-02T23:15:34.957Z',
          },
          final: true,
        },
      },
    },
    { event: 'error', data: expect.objectContaining({ code: -32603, message: 'Internal error' }) },
  ]);
});

test.each(['GET', 'POST'])('subscribing by %s to a task that ends not', async (method) => {
  const { base } = await start();
  await rest('POST', `${base}/message:send`, { message: message('wait') });
  const { list } = await restEvents(method, `${base}/tasks/task-m-wait:subscribe`);
  expect(list).toMatchObject([{ data: { task: { status: { state: 'TASK_STATE_WORKING' } } } }]);
});

test('subscribing to one that has ended is an error', async () => {
  const { base } = await start();
  await rest('POST', `${base}/message:send`, { message: message() });
  const { status, body } = await rest('POST', `${base}/tasks/task-m-hi:subscribe`);
  expect([status, body]).toMatchObject([400, { code: -32004 }]);
});

test('a task that was made in another binding', async () => {
  const { base, url } = await start();
  await rpc(url, 'message/send', {
    message: { messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'wait' }] },
  });
  expect((await rest('GET', `${base}/tasks/task-m`)).body.status.state).toBe('TASK_STATE_WORKING');
});

test('push notification configs, as JavaScript and Python send them', async () => {
  const { base } = await start();
  await rest('POST', `${base}/message:send`, { message: message('wait') });
  const configs = `${base}/tasks/task-m-wait/pushNotificationConfigs`;
  const pushNotificationConfig = { id: 'x', url: 'https://example.com/' };
  const told = { name: 'tasks/task-m-wait/pushNotificationConfigs/x', pushNotificationConfig };
  expect((await rest('POST', configs, told)).body).toEqual(told);
  const { id: _, ...withoutId } = pushNotificationConfig;
  const config = { name: told.name, pushNotificationConfig: withoutId };
  const python = { parent: 'tasks/task-m-wait', configId: 'x', config };
  expect((await rest('POST', configs, python)).body).toEqual(told);
  expect((await rest('GET', `${configs}/x`)).body).toEqual(told);
  expect((await rest('GET', configs)).body).toEqual({ configs: [told] });
  expect((await rest('DELETE', `${configs}/x`)).status).toBe(200);
});

test('the card: extended, or the public one', async () => {
  const agents = [
    makeAgent({ extendedCard: { description: 'more' } }),
    makeAgent({ id: 'b', default: false }),
  ];
  const { url } = await startApi({ agents });
  const extended = await rest('GET', `${url}/v1/card`);
  expect(extended.body).toMatchObject({ description: 'more', url, protocolVersion: '0.3.0' });
  const plain = await rest('GET', `${url}/a2a/b/v1/card`);
  expect(plain.body).toMatchObject({ description: 'Says it again', url: `${url}/a2a/b` });
});

test('the card names gRPC, as the one at the well-known path does', async () => {
  const { url } = await startApi({ grpc: { url: 'agents.example.com:443', port: 443 } });
  const gRPC = { url: 'agents.example.com:443', transport: 'GRPC' };
  const { body } = await rest('GET', `${url}/v1/card`);
  expect(body.additionalInterfaces).toContainEqual(gRPC);
});

test.each<[unknown, string]>([
  [{ message: message('hi', { content: [] }) }, 'message.content: must be a non-empty list'],
  [{ message: message('hi', { content: undefined }) }, 'message.content: is required'],
  [{ message: message('hi', { role: 'ROLE_AGENT' }) }, 'message.role: must be one of ROLE_USER'],
  [
    { message: message('hi', { content: [{}] }) },
    'message.content[0]: must have exactly one of text, file, data',
  ],
  [{ message: message('hi', { content: [{ file: {} }] }) }, 'content[0].file: must have exactly one of'],
  [{ message: message('hi', { content: [{ data: { data: 5 } }] }) }, 'content[0].data.data: must be'],
  [{ message: message(), configuration: { blocking: 1 } }, 'configuration.blocking: must be'],
])('%j is refused', async (body, text) => {
  const { base } = await start();
  const answer = await rest('POST', `${base}/message:send`, body);
  expect([answer.status, answer.body.code]).toEqual([400, -32602]);
  expect(answer.body.message).toContain(text);
});
