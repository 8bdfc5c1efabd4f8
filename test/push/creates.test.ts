import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskPushNotificationConfig } from '../../src/a2a/types';
import type { TaskBridge } from '../../src/bridge/bridge';
import { EncryptionKeys } from '../../src/contract/encryption-keys';
import {
  MAX_PUSH_CONFIGS,
  PUSH_SET,
  PUSH_WITHDRAW,
  type PushDelivery,
  pushWorkflowId,
} from '../../src/contract/push';
import { buildCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { type Harness, SEALING_KEYS, scripted, startHarness, taskOf } from '../support/harness';
import { startPushProcess } from './push-process';

/** Push notifications are not delivered until a worker is started. */
let harness: Harness;

beforeAll(async () => {
  await buildCli();
  harness = await newHarness();
}, 180_000);

const newHarness = async () => {
  const made = await startHarness({ agents: [{ id: 'script' }], push: true, withoutWorker: true });
  await made.startWorker();
  return made;
};

/** Nothing listens there, and nobody needs it to. */
const HOOK = 'http://127.0.0.1:9/hook';
const AT_ONCE = 50;

const waiting = async ({ bridge, call }: Harness) =>
  taskOf(await bridge.sendMessage(scripted([{ ask: 'more?' }]), call('script'))).id;
const configsOf = async (taskId: string, at = harness) =>
  (await at.bridge.listTaskPushNotificationConfigs({ taskId }, at.call('script'))).configs;
const idsOf = (configs: readonly TaskPushNotificationConfig[]) => configs.map(({ id }) => id).sort();
const createAtOnce = (nodes: TaskBridge[], configOf: (index: number) => TaskPushNotificationConfig) =>
  Promise.allSettled(
    Array.from({ length: AT_ONCE }, async (_, index) => {
      const node = nodes[index % nodes.length] ?? harness.bridge;
      return node.createTaskPushNotificationConfig(configOf(index), harness.call('script'));
    }),
  );

describe('while the worker has no time for some seconds', () => {
  let worker: Awaited<ReturnType<typeof startPushProcess>>;

  beforeAll(async () => {
    worker = await startPushProcess(harness);
    // It is known to Temporal, and has the workflow code loaded.
    const taskId = await waiting(harness);
    await harness.bridge.createTaskPushNotificationConfig({ taskId, url: HOOK }, harness.call('script'));
  }, 60_000);
  afterAll(() => worker.kill('SIGKILL'));

  async function busy<T>(run: () => Promise<T>): Promise<T> {
    worker.kill('SIGSTOP');
    const running = run();
    running.catch(() => {});
    await sleep(3_000);
    worker.kill('SIGCONT');
    return running;
  }

  it('of many different configs, as many are kept as a task may have, and those are answered', async () => {
    const taskId = await waiting(harness);
    const nodes = [harness.bridge, harness.newBridge(), harness.newBridge(), harness.newBridge()];
    const results = await busy(() =>
      createAtOnce(nodes, (index) => ({ taskId, url: `${HOOK}${index}`, token: 'token' })),
    );
    const made = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(made).toHaveLength(MAX_PUSH_CONFIGS);
    expect(idsOf(await configsOf(taskId))).toEqual(idsOf(made));
    const full = { reason: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/delete one/) };
    for (const each of results) if (each.status === 'rejected') expect(each.reason).toMatchObject(full);
  }, 120_000);

  it('the same config, created many times, is one', async () => {
    const taskId = await waiting(harness);
    const nodes = [harness.bridge, harness.newBridge()];
    const config = { taskId, url: HOOK, token: 'token' };
    const results = await busy(() => createAtOnce(nodes, () => config));
    const again = await harness.bridge.createTaskPushNotificationConfig(config, harness.call('script'));
    expect(await configsOf(taskId)).toEqual([again]);
    for (const each of results) expect(each).toEqual({ status: 'fulfilled', value: again });
  }, 120_000);

  it('what is answered as failed is not kept later', async () => {
    const taskId = await waiting(harness);
    const create = () =>
      harness.bridge.createTaskPushNotificationConfig({ taskId, url: HOOK }, harness.call('script'));
    worker.kill('SIGSTOP');
    await expect(create()).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: expect.stringMatching(/^The worker for push notifications does not answer/),
    });
    worker.kill('SIGCONT');
    const handle = harness.temporal.client.workflow.getHandle(pushWorkflowId(taskId));
    expect(await handle.result()).toEqual([]);
    expect(await configsOf(taskId)).toEqual([]);
    expect(await configsOf(taskId)).toEqual([]);
    const made = await create();
    expect(await configsOf(taskId)).toEqual([made]);
  }, 120_000);

  it('a caller that goes away is not answered, and nothing is kept', async () => {
    const taskId = await waiting(harness);
    const gone = new AbortController();
    worker.kill('SIGSTOP');
    const create = harness.bridge.createTaskPushNotificationConfig(
      { taskId, url: HOOK },
      { ...harness.call('script'), signal: gone.signal },
    );
    const handle = harness.temporal.client.workflow.getHandle(pushWorkflowId(taskId));
    await eventually(async () => (await handle.describe()).historyLength > 0);
    gone.abort();
    await expect(create).rejects.toBeDefined();
    worker.kill('SIGCONT');
    expect(await handle.result()).toEqual([]);
  }, 120_000);
});

it('the same config has the same ID also after a rotation of keys, and others have others', async () => {
  const at = await newHarness();
  await at.startPushWorker();
  const taskId = await waiting(at);
  const call = at.call('script');
  const config = { taskId, url: HOOK, token: 'token' };
  const before = await at.bridge.createTaskPushNotificationConfig(config, call);
  const sealingKeys = new EncryptionKeys({ next: randomBytes(32) }).with(SEALING_KEYS);
  const push = { taskQueue: `${at.taskQueue}-push`, outboundAllow: ['127.0.0.0/8'], sealingKeys };
  const rotated = at.newBridge({ push });
  expect(await rotated.createTaskPushNotificationConfig(config, call)).toEqual(before);
  const others = [
    await rotated.createTaskPushNotificationConfig({ ...config, token: 'another' }, call),
    await rotated.createTaskPushNotificationConfig(config, { ...call, version: '0.3' }),
  ];
  const { configs } = await rotated.listTaskPushNotificationConfigs({ taskId }, call);
  expect(idsOf(configs)).toEqual(idsOf([before, ...others]));
  // A token cannot be guessed by the ID: without the key, the same content has another.
  const other = await at.newBridge({
    push: { ...push, sealingKeys: new EncryptionKeys({ test: randomBytes(32) }) },
  });
  expect(await other.createTaskPushNotificationConfig(config, call)).not.toEqual(before);
}, 60_000);

it('an update that is withdrawn leaves what it has replaced', async () => {
  const at = await newHarness();
  await at.startPushWorker();
  const taskId = await waiting(at);
  const call = at.call('script');
  const before = await at.bridge.createTaskPushNotificationConfig({ taskId, id: 'mine', url: HOOK }, call);
  const handle = at.temporal.client.workflow.getHandle(pushWorkflowId(taskId));
  const update = async (id: string, updateId: string) => {
    const config = { taskId, id, url: `${HOOK}2` };
    await handle.executeUpdate<void, [PushDelivery]>(PUSH_SET, {
      args: [{ config, version: '1.0', from: 'start' }],
      updateId,
    });
  };
  await update('mine', 'replaces');
  await update('new', 'adds');
  expect(await configsOf(taskId, at)).toHaveLength(2);
  for (const updateId of ['replaces', 'adds', 'comes']) await handle.signal(PUSH_WITHDRAW, updateId);
  await expect(update('new', 'comes')).rejects.toThrow();
  expect(await configsOf(taskId, at)).toEqual([before]);
  const status = await at.bridge.getPushStatus({ taskId, id: 'mine' }, call);
  expect(['pending', 'retrying']).toContain(status.state);
}, 60_000);
