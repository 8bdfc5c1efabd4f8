import { BridgeError, unavailable } from '../../src/a2a/errors';
import { OPERATIONS } from '../../src/api/operations';
import { eventually } from '../support/eventually';
import { BINDINGS, closeAll, makeAgent, startApi, userMessage } from './harness';

afterEach(closeAll);

const REQUIRED = 'https://example.com/required';
const OPTIONAL = 'https://example.com/optional';

describe.each(BINDINGS)('$name', (binding) => {
  test('send, get, list and cancel', async () => {
    const { url, operations, log } = await startApi();
    const sent = await binding.call(url, 'SendMessage', { message: userMessage('wait') });
    expect(sent.result).toMatchObject({
      task: { id: 'task-m-wait', status: { state: 'TASK_STATE_WORKING' } },
    });
    const got = await binding.call(url, 'GetTask', { id: 'task-m-wait', historyLength: 2 });
    expect(got.result).toEqual(sent.result?.task);
    const listed = await binding.call(url, 'ListTasks', {
      status: 'TASK_STATE_WORKING',
      pageSize: 5,
      includeArtifacts: true,
    });
    expect(listed.result).toEqual({
      tasks: [sent.result?.task],
      nextPageToken: '',
      pageSize: 5,
      totalSize: 1,
    });
    const canceled = await binding.call(url, 'CancelTask', { id: 'task-m-wait' });
    expect(canceled.result).toMatchObject({ status: { state: 'TASK_STATE_CANCELED' } });

    expect(operations.calls.map(({ request }) => request)).toEqual([
      { message: userMessage('wait') },
      { id: 'task-m-wait', historyLength: 2 },
      { status: 'TASK_STATE_WORKING', pageSize: 5, includeArtifacts: true },
      { id: 'task-m-wait' },
    ]);
    expect(operations.calls.every(({ call }) => call.owner === 'anonymous')).toBe(true);
    expect(log).toContainEqual(
      expect.objectContaining({ operation: 'GetTask', taskId: 'task-m-wait', agent: 'echo' }),
    );
  });

  test.each([
    ['GetTask', 'TASK_NOT_FOUND', 404],
    ['CancelTask', 'TASK_NOT_FOUND', 404],
    ['SubscribeToTask', 'TASK_NOT_FOUND', 404],
  ])('%s of an unknown task', async (method, reason, status) => {
    const { url } = await startApi();
    const { error, status: found, headers, body } = await binding.call(url, method, { id: 'nope' });
    expect(error).toMatchObject({ reason });
    expect(found).toBe(binding.name === 'JSON-RPC' ? 200 : status);
    expect(headers.get('content-type')).toContain('application/json');
    expect(JSON.stringify(body)).toContain('"taskId":"nope"');
  });

  test('a task that has ended is not cancelable', async () => {
    const { url } = await startApi();
    await binding.call(url, 'SendMessage', { message: userMessage() });
    const { error } = await binding.call(url, 'CancelTask', { id: 'task-m-hi' });
    expect(error).toMatchObject({ reason: 'TASK_NOT_CANCELABLE' });
  });

  test.each([
    ['SendMessage', {}, 'message'],
    ['SendMessage', { message: userMessage('hi', { parts: [{}] }) }, 'message.parts[0]'],
    ['SendStreamingMessage', { message: userMessage('hi', { role: 'ROLE_WIZARD' }) }, 'message.role'],
    ['GetTask', { id: 'a\u0001' }, 'id'],
    ['GetTask', { id: 'x'.repeat(300) }, 'id'],
    ['GetTask', { id: 'a', historyLength: -1 }, 'historyLength'],
    ['ListTasks', { pageSize: 0 }, 'pageSize'],
    ['ListTasks', { pageSize: 101 }, 'pageSize'],
    ['ListTasks', { status: 'TASK_STATE_RUNNING' }, 'status'],
    ['ListTasks', { statusTimestampAfter: "x' OR '1'='1" }, 'statusTimestampAfter'],
    ['ListTasks', { includeArtifacts: 'maybe' }, 'includeArtifacts'],
    ['ListTasks', { pageToken: 'forged' }, 'pageToken'],
  ])('%s with %j names the field', async (method, params, field) => {
    const { url } = await startApi();
    const { error, status, body } = await binding.call(url, method, params);
    expect(error).toMatchObject({ reason: 'INVALID_PARAMS', violations: [field] });
    expect(error?.message).toContain(field);
    if (binding.name === 'JSON-RPC') expect(body.error).toMatchObject({ code: -32602 });
    else
      expect([status, body.error]).toEqual([
        400,
        expect.objectContaining({ code: 400, status: 'INVALID_ARGUMENT' }),
      ]);
  });

  test.each(OPERATIONS.filter(({ name }) => name.includes('PushNotification')).map(({ name }) => name))(
    '%s is not supported by an agent without, whatever its parameters',
    async (method) => {
      const { url } = await startApi({ agents: [makeAgent({ pushNotifications: false })] });
      const { error } = await binding.call(url, method, { taskId: 't', id: 'c' });
      expect(error).toMatchObject({ reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' });
    },
  );

  test('a send that asks for push notifications is not silently without them', async () => {
    const { url, operations } = await startApi({ agents: [makeAgent({ pushNotifications: false })] });
    const configuration = { taskPushNotificationConfig: { url: 'https://example.com' } };
    const { error } = await binding.call(url, 'SendMessage', { message: userMessage(), configuration });
    expect(error).toMatchObject({ reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' });
    expect(operations.calls).toEqual([]);
  });

  test('the extended card, for an agent that has one', async () => {
    const skill = { id: 'more', name: 'More', description: 'More of it' };
    const extended = makeAgent({ id: 'rich', default: false, extendedCard: { skills: [skill] } });
    const { url } = await startApi({ agents: [makeAgent(), extended] });
    const none = await binding.call(url, 'GetExtendedAgentCard', {});
    expect(none.error).toMatchObject({ reason: 'UNSUPPORTED_OPERATION' });
    const { result } = await binding.call(`${url}/a2a/rich`, 'GetExtendedAgentCard', {});
    expect(result).toMatchObject({
      skills: [{ id: 'echo' }, { id: 'more' }],
      capabilities: { extendedAgentCard: true },
    });
  });

  test.each(['SendStreamingMessage', 'SubscribeToTask'])(
    '%s of an agent that does not stream',
    async (method) => {
      const { url } = await startApi({ agents: [makeAgent({ streaming: false })] });
      const { error } = await binding.call(url, method, { id: 'a', message: userMessage() });
      expect(error).toMatchObject({ reason: 'UNSUPPORTED_OPERATION' });
    },
  );

  test.each(['99.0', '1', '1.0x'])('version %j is not supported', async (version) => {
    const { url } = await startApi();
    const { error, body } = await binding.call(url, 'GetTask', { id: 'a' }, { 'A2A-Version': version });
    expect(error).toMatchObject({ reason: 'VERSION_NOT_SUPPORTED' });
    expect(error?.message).toContain(`"${version}" is not supported; supported: 1.0, 0.3`);
    expect(JSON.stringify(body)).toContain('"supportedVersions":"1.0, 0.3"');
  });

  test('a call of 1.0 that names no version is known by its name or path', async () => {
    const { url } = await startApi();
    const { error } = await binding.call(url, 'GetTask', { id: 'a' }, { 'A2A-Version': '' });
    expect(error).toMatchObject({ reason: 'TASK_NOT_FOUND' });
  });

  test('a patch version does not matter', async () => {
    const { url } = await startApi();
    const { result } = await binding.call(
      url,
      'SendMessage',
      { message: userMessage() },
      { 'A2A-Version': '1.0.1' },
    );
    expect(result).toBeDefined();
  });

  test('extensions', async () => {
    const agent = makeAgent({ extensions: [{ uri: REQUIRED, required: true }, { uri: OPTIONAL }] });
    const { url } = await startApi({ agents: [agent] });
    const without = await binding.call(
      url,
      'SendMessage',
      { message: userMessage() },
      { 'A2A-Extensions': OPTIONAL },
    );
    expect(without.error).toMatchObject({ reason: 'EXTENSION_SUPPORT_REQUIRED' });
    expect(without.error?.message).toContain(REQUIRED);
    const asked = ` ${REQUIRED},https://example.com/unknown`;
    const { headers, result } = await binding.call(
      url,
      'SendMessage',
      { message: userMessage() },
      { 'A2A-Extensions': asked },
    );
    expect(result).toBeDefined();
    expect(headers.get('A2A-Extensions')).toBe(REQUIRED);
  });

  test('tenants', async () => {
    const agents = [makeAgent(), makeAgent({ id: 'other', default: false })];
    const { url, operations } = await startApi({ agents });
    const called = async (base: string, tenant?: string) => {
      operations.calls.length = 0;
      const params = tenant === undefined ? {} : { tenant };
      const { error } = await binding.call(base, 'ListTasks', params);
      return operations.calls[0]?.call.agent.id ?? error?.violations;
    };
    expect(await called(url)).toBe('echo');
    expect(await called(url, '')).toBe('echo');
    expect(await called(url, 'other')).toBe('other');
    expect(await called(url, 'nobody')).toEqual(['tenant']);
    expect(await called(`${url}/a2a/other`)).toBe('other');
    expect(await called(`${url}/a2a/other`, 'other')).toBe('other');
    expect(await called(`${url}/a2a/other`, 'echo')).toEqual(['tenant']);
  });

  test('Temporal away', async () => {
    const { url, operations } = await startApi();
    operations.nextError = unavailable('Temporal cannot be reached');
    const { status, headers, error } = await binding.call(url, 'GetTask', { id: 'a' });
    expect(status).toBe(binding.name === 'JSON-RPC' ? 200 : 503);
    expect(headers.get('Retry-After')).toBe('2');
    expect(error).toMatchObject({ reason: 'UNAVAILABLE', message: 'Temporal cannot be reached' });
  });

  test('an unexpected error is logged whole and shown not at all', async () => {
    const { url, operations, log } = await startApi();
    operations.nextError = new Error('secret of /etc/passwd');
    const { body, error } = await binding.call(url, 'GetTask', { id: 'a' });
    expect(error).toMatchObject({ message: 'Internal error', reason: 'INTERNAL_ERROR' });
    expect(JSON.stringify(body)).not.toMatch(/secret|stack/);
    const err = expect.objectContaining({ message: 'secret of /etc/passwd', stack: expect.any(String) });
    expect(log).toContainEqual(expect.objectContaining({ level: 50, err }));
  });

  test('who may not', async () => {
    const { url } = await startApi({
      authenticate: () => {
        throw new BridgeError('UNAUTHENTICATED', 'Who are you?', {
          headers: { 'WWW-Authenticate': 'Bearer' },
        });
      },
    });
    const { status, headers, error } = await binding.call(url, 'GetTask', { id: 'a' });
    expect([status, headers.get('WWW-Authenticate'), error?.reason]).toEqual([
      401,
      'Bearer',
      'UNAUTHENTICATED',
    ]);
  });

  test('the owner is whom the hook says', async () => {
    const { url, operations } = await startApi({ authenticate: async ({ header }) => header('X-Owner') });
    await binding.call(url, 'ListTasks', {}, { 'X-Owner': 'alice' });
    expect(operations.calls[0]?.call.owner).toBe('alice');
  });

  test('a server that stops tells those who still wait', async () => {
    const { url, operations, server, log } = await startApi();
    operations.gate = new Promise(() => undefined);
    const waiting = binding.call(url, 'SendMessage', { message: userMessage() });
    await eventually(() => operations.calls.length === 1);
    await server.close(0);
    const { headers, error } = await waiting;
    expect(error).toMatchObject({ reason: 'UNAVAILABLE', message: 'The server is shutting down' });
    expect(headers.get('Retry-After')).toBe('1');
    // Nobody follows the task for a client that has its answer.
    expect(operations.calls[0]?.call.signal?.aborted).toBe(true);
    // It is no failure that an operator should look at.
    expect(log.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });
});
