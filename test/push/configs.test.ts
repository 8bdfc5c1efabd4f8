import { REFUSED_PORTS } from '../../src/bridge/refused-ports';
import { MAX_PUSH_CONFIGS, pushWorkflowId } from '../../src/contract/push';
import { BINDINGS } from '../api/harness';
import { eventually } from '../support/eventually';
import { type Harness, request, scripted, startHarness, taskOf } from '../support/harness';

let harness: Harness;
let url: string;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'echo' },
      { id: 'deaf', pushNotifications: false, workflow: { type: 'echo' } },
    ],
    push: true,
    app: { authenticate: (caller) => caller.header('x-owner') || 'anna' },
  });
  url = `${harness.url}/a2a/script`;
}, 60_000);

/** Nothing listens there, and nobody needs it to. */
const HOOK = 'http://127.0.0.1:9/hook';

/** A task that waits for its client, and one that has ended. */
const waiting = async () =>
  taskOf(await harness.bridge.sendMessage(scripted([{ ask: 'more?' }]), harness.call('script'))).id;
const done = async () =>
  taskOf(await harness.bridge.sendMessage(scripted([{ complete: {} }]), harness.call('script'))).id;

const [CREATE, GET, LIST, DELETE] = ['Create', 'Get', 'List', 'Delete'].map(
  (verb) => `${verb}TaskPushNotificationConfig${verb === 'List' ? 's' : ''}`,
) as [string, string, string, string];

describe.each(BINDINGS)('push notification configs over $name', (binding) => {
  it.each([
    ['that waits', waiting],
    ['that has ended', done],
  ])('are created, got, listed, replaced and deleted, of a task %s', async (_which, make) => {
    const taskId = await make();
    const authentication = { scheme: 'Bearer', credentials: 'secret' };
    const config = { taskId, id: 'mine', url: HOOK, token: 'token', authentication };
    expect(await binding.call(url, CREATE, config)).toMatchObject({ status: 200, result: config });
    expect((await binding.call(url, GET, { taskId, id: 'mine' })).result).toEqual(config);

    const second = (await binding.call(url, CREATE, { taskId, url: HOOK })).result;
    expect(second).toEqual({ taskId, id: expect.stringMatching(/^[0-9a-f-]{36}$/), url: HOOK });
    const replaced = { ...config, url: `${HOOK}2` };
    await binding.call(url, CREATE, replaced);
    const { result: listed } = await binding.call(url, LIST, { taskId });
    expect(listed).toEqual({ configs: expect.arrayContaining([replaced, second]), nextPageToken: '' });
    expect(listed?.configs).toHaveLength(2);

    for (let time = 1; time <= 2; time++) {
      const deleted = await binding.call(url, DELETE, { taskId, id: 'mine' });
      expect([deleted.status, deleted.result]).toEqual([200, {}]);
    }
    expect((await binding.call(url, GET, { taskId, id: 'mine' })).error?.reason).toBe('TASK_NOT_FOUND');
    expect((await binding.call(url, LIST, { taskId })).result).toEqual({
      configs: [second],
      nextPageToken: '',
    });
  });

  it('are nothing to other owners and other agents', async () => {
    const taskId = await waiting();
    await binding.call(url, CREATE, { taskId, id: 'mine', url: HOOK });
    const other = { 'x-owner': 'ben' };
    const atEcho = url.replace(/script$/, 'echo');
    for (const [method, params] of [
      [CREATE, { taskId, id: 'his', url: HOOK }],
      [GET, { taskId, id: 'mine' }],
      [LIST, { taskId }],
      [DELETE, { taskId, id: 'mine' }],
    ] as const) {
      expect((await binding.call(url, method, params, other)).error?.reason).toBe('TASK_NOT_FOUND');
      expect((await binding.call(atEcho, method, params)).error?.reason).toBe('TASK_NOT_FOUND');
    }
    const { result } = await binding.call(url, LIST, { taskId });
    expect(result?.configs).toEqual([{ taskId, id: 'mine', url: HOOK }]);
  });

  it.each([
    ['a private address', { url: 'http://10.0.0.1/' }, 'url'],
    ['a private address in disguise', { url: 'http://0x0a000001/' }, 'url'],
    ['a host that ends in a dot', { url: 'http://example.com./' }, 'url'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'url'],
    ['a password in the URL', { url: 'http://me:secret@127.0.0.1/' }, 'url'],
    ['what is no URL', { url: 'hook' }, 'url'],
    ['a port that no HTTP client calls', { url: 'http://127.0.0.1:4190/' }, 'url'],
    ['a line break in the token', { url: HOOK, token: 'secret\r\nX-Other: 1' }, 'token'],
    ['a scheme that is none', { url: HOOK, authentication: { scheme: 'Bea rer' } }, 'authentication.scheme'],
    [
      'a line break in the credentials',
      { url: HOOK, authentication: { scheme: 'Bearer', credentials: 'secret\n' } },
      'authentication.credentials',
    ],
  ])('are refused with %s', async (_what, config, field) => {
    const taskId = await waiting();
    const { error, body } = await binding.call(url, CREATE, { taskId, ...config });
    expect(error).toMatchObject({ reason: 'INVALID_PARAMS', violations: [field] });
    expect(JSON.stringify(body)).not.toContain('secret');
    const { message } = request('never sent');
    const sent = await binding.call(url, 'SendMessage', {
      message,
      configuration: { taskPushNotificationConfig: config },
    });
    expect(sent.error?.violations).toEqual([`configuration.taskPushNotificationConfig.${field}`]);
  });

  it('are refused by an agent that opted out, whose card says so', async () => {
    const deaf = url.replace(/script$/, 'deaf');
    const { capabilities } = (await (await fetch(`${deaf}/.well-known/agent-card.json`)).json()) as {
      capabilities: object;
    };
    expect(capabilities).toMatchObject({ pushNotifications: false });
    for (const method of [CREATE, GET, LIST, DELETE]) {
      const { error } = await binding.call(deaf, method, { taskId: 't', id: 'c', url: HOOK });
      expect(error?.reason).toBe('PUSH_NOTIFICATION_NOT_SUPPORTED');
    }
  });

  it('are so many and no more, also when the first message comes again with another', async () => {
    const send = scripted([{ ask: 'more?' }]);
    const call = harness.call('script');
    const taskId = taskOf(await harness.bridge.sendMessage(send, call)).id;
    for (let index = 0; index < MAX_PUSH_CONFIGS; index++) {
      await harness.bridge.createTaskPushNotificationConfig({ taskId, url: `${HOOK}${index}` }, call);
    }
    const refused = { reason: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/delete one/) };
    const { error } = await binding.call(url, CREATE, { taskId, url: HOOK });
    expect(error).toMatchObject(refused);
    const again = { ...send, configuration: { taskPushNotificationConfig: { id: 'eleventh', url: HOOK } } };
    await expect(harness.bridge.sendMessage(again, call)).rejects.toMatchObject(refused);
  });
});

it('the owner of a task, and nobody else, sees how a delivery stands', async () => {
  const taskId = await waiting();
  const path = `${url}/tasks/${taskId}/pushNotificationConfigs/mine/delivery`;
  const headers = { 'A2A-Version': '1.0' };
  await BINDINGS[0]?.call(url, CREATE, { taskId, id: 'mine', url: HOOK });
  expect(await (await fetch(path, { headers })).json()).toEqual({
    taskId,
    id: 'mine',
    state: 'pending',
    delivered: 0,
  });
  expect((await fetch(path, { headers: { ...headers, 'x-owner': 'ben' } })).status).toBe(404);
});

it('without a worker for them, there is an error soon, and what a send brings is not lost', async () => {
  const idle = await startHarness({ agents: [{ id: 'script' }], push: true, withoutWorker: true });
  await idle.startWorker();
  const call = idle.call('script');
  const send = scripted([{ complete: {} }]);
  const task = taskOf(
    await idle.bridge.sendMessage(
      { ...send, configuration: { taskPushNotificationConfig: { url: HOOK } } },
      call,
    ),
  );
  const { id: taskId } = task;
  const create = idle.bridge.createTaskPushNotificationConfig({ taskId, url: HOOK }, call);
  const refused = {
    reason: 'UNAVAILABLE',
    message: `The worker for push notifications does not answer: No worker polls the task queue "${idle.taskQueue}-push".`,
  };
  await expect(create).rejects.toMatchObject(refused);
  const list = idle.bridge.listTaskPushNotificationConfigs({ taskId }, call);
  await expect(list).rejects.toMatchObject(refused);

  await idle.startPushWorker();
  await eventually(async () => {
    const status = await idle.bridge.getPushStatus({ taskId, id: taskId }, call);
    return status.state === 'retrying';
  });
  // What its caller has heard to have failed was not made later.
  const { configs } = await idle.bridge.listTaskPushNotificationConfigs({ taskId }, call);
  expect(configs.map(({ id }) => id)).toEqual([taskId]);
});

it('a worker that cannot run the delivery is unavailable, not an error of the bridge', async () => {
  const { id: taskId } = taskOf(await harness.bridge.sendMessage(request('hi'), harness.call('echo')));
  // Answers the query as a worker does that cannot decrypt what it would replay: with a failure.
  const workflowId = pushWorkflowId(taskId);
  await harness.temporal.client.workflow.start('plainWaiter', {
    taskQueue: harness.taskQueue,
    workflowId,
    args: [{}],
  });
  const list = harness.bridge.listTaskPushNotificationConfigs({ taskId }, harness.call('echo'));
  await expect(list).rejects.toMatchObject({
    reason: 'UNAVAILABLE',
    message: 'The worker for push notifications fails; its log says why',
  });
  await harness.temporal.client.workflow.getHandle(workflowId).terminate();
});

it('without push at all, cards do not offer it', async () => {
  const plain = await startHarness({ agents: [{ id: 'echo' }], app: true });
  const card = await (await fetch(`${plain.url}/.well-known/agent-card.json`)).json();
  expect(card).toMatchObject({ capabilities: { pushNotifications: false } });
  const send = plain.bridge.sendMessage(
    { ...request('hi'), configuration: { taskPushNotificationConfig: { url: HOOK } } },
    plain.call('echo'),
  );
  await expect(send).rejects.toMatchObject({ reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' });
});

test('refuses the ports to which our client does not connect', () => {
  const { badPorts } = jest.requireActual<{ badPorts: string[] }>('undici/lib/web/fetch/constants.js');
  expect(badPorts.filter((port) => !REFUSED_PORTS.has(port))).toEqual(['1', '9']);
});
