import { randomBytes } from 'node:crypto';
import { Runtime } from '@temporalio/worker';
import { EncryptionKeys } from '../../src/contract/encryption-keys';
import { createPushWorker } from '../../src/worker/push-worker';
import { storedIn } from '../encryption/raw';
import { type Harness, request, scripted, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, eventually } from '../support/temporal';
import { startReceiver, told } from './receiver';

/** In everything of a config that is secret. */
const SECRET = 'swordfish';
const old = randomBytes(32);
const keys = new EncryptionKeys({ old });
const rotated = new EncryptionKeys({ next: randomBytes(32), old });

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }], push: { sealingKeys: keys } });
}, 60_000);

const configOf = (url: string) => ({
  url: `${url}/${SECRET}?key=${SECRET}`,
  token: SECRET,
  authentication: { scheme: 'Bearer', credentials: SECRET },
});
const withPush = (config: object) => ({
  ...scripted([{ working: 'on' }, { ask: 'more?' }]),
  configuration: { taskPushNotificationConfig: config },
});
const stored = () => storedIn(harness.temporal.client, [`${harness.taskQueue}-push`, harness.taskQueue]);

it('webhook secrets are in no history, are delivered, and are told to their owner', async () => {
  const call = harness.call('script');
  const receiver = await startReceiver();
  const config = configOf(receiver.url);
  const taskId = taskOf(await harness.bridge.sendMessage(withPush(config) as never, call)).id;
  const created = await harness.bridge.createTaskPushNotificationConfig(
    { taskId, id: 'second', ...config },
    call,
  );
  expect(created).toEqual({ taskId, id: 'second', ...config });
  await eventually(() => receiver.taken.map(told).at(-1)?.startsWith('input_required'), {
    timeoutMs: 30_000,
  });
  const [{ path, headers } = { path: '', headers: {} }] = receiver.taken;
  expect(path).toBe(`/hook/${SECRET}?key=${SECRET}`);
  expect(headers).toMatchObject({
    authorization: `Bearer ${SECRET}`,
    'x-a2a-notification-token': SECRET,
  });
  expect(await harness.bridge.getTaskPushNotificationConfig({ taskId, id: taskId }, call)).toEqual({
    taskId,
    id: taskId,
    ...config,
  });
  const { configs } = await harness.bridge.listTaskPushNotificationConfigs({ taskId }, call);
  expect(configs).toHaveLength(2);
  expect(configs).toContainEqual(created);
  const held = await stored();
  expect(held.some(({ path: at }) => at.startsWith('a2aPush'))).toBe(true);
  expect(held.filter(({ text }) => text.includes(SECRET))).toEqual([]);
}, 60_000);

it('the same config again changes nothing, also after a rotation', async () => {
  const call = harness.call('script');
  const receiver = await startReceiver();
  const taskId = taskOf(await harness.bridge.sendMessage(scripted([{ ask: 'more?' }]), call)).id;
  const config = { taskId, id: 'mine', ...configOf(receiver.url) };
  await harness.bridge.createTaskPushNotificationConfig(config, call);
  const scheduled = async () => {
    const { events } = await harness.temporal.client.workflow.getHandle(`a2a-push:${taskId}`).fetchHistory();
    return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes).length;
  };
  await eventually(async () => (await scheduled()) === 1);
  const other = harness.newBridge({
    push: { taskQueue: `${harness.taskQueue}-push`, outboundAllow: ['127.0.0.0/8'], sealingKeys: rotated },
  });
  await harness.bridge.createTaskPushNotificationConfig(config, call);
  await other.createTaskPushNotificationConfig(config, call);
  await other.createTaskPushNotificationConfig({ ...config, token: 'another' }, call);
  await eventually(async () => (await scheduled()) === 2);
  const listed = await other.listTaskPushNotificationConfigs({ taskId }, call);
  expect(listed.configs).toEqual([{ ...config, token: 'another' }]);
  // Of what another node has sealed with a key that is not here, a list shows what is not sealed.
  const known = await harness.bridge.createTaskPushNotificationConfig({ ...config, id: 'known' }, call);
  const warn = jest.fn();
  const third = harness.newBridge({ logger: { warn, info: () => {} } });
  for (let time = 1; time <= 2; time++) {
    const { configs } = await third.listTaskPushNotificationConfigs({ taskId }, call);
    expect(configs).toHaveLength(2);
    expect(configs).toEqual(
      expect.arrayContaining([{ taskId, id: 'mine', url: new URL(receiver.url).origin }, known]),
    );
  }
  await expect(third.getTaskPushNotificationConfig({ taskId, id: 'mine' }, call)).rejects.toMatchObject({
    reason: 'UNAVAILABLE',
    message: expect.stringMatching(/no sealing key "next"/),
  });
  expect(warn.mock.calls).toEqual([
    [
      { sealingKey: 'next' },
      'push notification configs cannot be opened (PUSH_SEALING_KEYS): The encryption key "next" is not here: there is old',
    ],
  ]);
  // Nobody needs the key to end it.
  await harness.bridge.deleteTaskPushNotificationConfig({ taskId, id: 'mine' }, call);
}, 60_000);

it('a worker without the key says so, and another one delivers', async () => {
  const wrong = new EncryptionKeys({ other: randomBytes(32) });
  const at = await startHarness({
    agents: [{ id: 'script' }],
    push: { sealingKeys: wrong },
    withoutWorker: true,
  });
  await at.startWorker();
  const push = { taskQueue: `${at.taskQueue}-push`, outboundAllow: ['127.0.0.0/8'], sealingKeys: keys };
  const node = at.newBridge({ push });
  const { logger } = Runtime.instance();
  const logged = jest.spyOn(logger, 'log');
  const withoutKey = await at.startPushWorker();
  const receiver = await startReceiver();
  const call = at.call('script');
  const taskId = taskOf(await node.sendMessage(withPush(configOf(receiver.url)) as never, call)).id;
  const status = await eventually(
    async () => {
      const found = await node.getPushStatus({ taskId, id: taskId }, call);
      return (found.failures ?? 0) > 0 && found;
    },
    { timeoutMs: 30_000 },
  );
  expect(status).toMatchObject({
    state: 'retrying',
    lastError: 'the worker has no sealing key "old", or another key under that ID',
  });
  expect(receiver.received).toEqual([]);
  // Once for the key, however often it is tried.
  await eventually(async () => ((await node.getPushStatus({ taskId, id: taskId }, call)).failures ?? 0) > 1);
  const warnings = logged.mock.calls.filter(([level]) => level === 'WARN').map(([, text]) => text);
  logged.mockRestore();
  expect(warnings.filter((text) => /sealed|opened/.test(text))).toEqual([
    'push notification configs cannot be opened (PUSH_SEALING_KEYS): The encryption key "old" is not here: there is other',
  ]);
  await withoutKey.stop();
  const { worker, close } = await createPushWorker({
    ...push,
    connection: at.temporal.connection,
    workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' },
  });
  const run = worker.run();
  cleanUpAfterAll(async () => {
    worker.shutdown();
    await run;
    await close();
  });
  await eventually(() => receiver.taken.map(told).at(-1)?.startsWith('input_required'), {
    timeoutMs: 60_000,
  });
}, 120_000);

it('without a key, what holds secrets is refused, and nothing else', async () => {
  const call = harness.call('script');
  const node = harness.newBridge({
    push: { taskQueue: `${harness.taskQueue}-push`, outboundAllow: ['127.0.0.0/8'] },
  });
  const { url, token, authentication } = configOf('http://127.0.0.1:9');
  const why = 'cannot be kept: this server has no key to seal it with (PUSH_SEALING_KEYS)';
  const at = 'configuration.taskPushNotificationConfig';
  await expect(node.sendMessage(withPush({ url, token, authentication }) as never, call)).rejects.toThrow(
    `${at}.token: ${why}; ${at}.authentication.credentials: ${why}`,
  );
  const { id: taskId } = taskOf(await node.sendMessage(request('hi'), call));
  await expect(node.createTaskPushNotificationConfig({ taskId, url, token }, call)).rejects.toThrow(
    `token: ${why}`,
  );
  const config = { taskId, id: 'mine', url, authentication: { scheme: 'Bearer' } };
  expect(await node.createTaskPushNotificationConfig(config, call)).toEqual(config);
}, 60_000);
