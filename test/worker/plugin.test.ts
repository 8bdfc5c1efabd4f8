import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import {
  A2APlugin,
  type AgentConfig,
  type Bridge,
  createA2AWorker,
  createBridge,
  createCallActivities,
  defineAgents,
  pushTaskQueue,
  workflowInterceptorsPath,
} from '../../src';
import { startReceiver, told } from '../push/receiver';
import { message, scripted, taskOf } from '../support/harness';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  eventually,
  randomTaskQueue,
  type TestTemporal,
} from '../support/temporal';

const LOOPBACK = ['127.0.0.0/8'];
const workflowsPath = join(__dirname, '../support/workflows.ts');
const testBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };

let temporal: TestTemporal;

beforeAll(async () => {
  temporal = await connectTestTemporal();
});

function define(taskQueue: string, ...ids: string[]): AgentConfig[] {
  return defineAgents(
    ids.map((id, index) => ({
      id,
      default: index === 0,
      name: id,
      description: `The agent ${id}`,
      skills: [{ id, name: id, description: id }],
      workflow: { type: id, taskQueue },
    })),
  );
}

/** Until the end of the test file. */
function running(worker: Worker): { stop: () => Promise<void> } {
  const run = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    stopped ??= run;
    return stopped;
  };
  cleanUpAfterAll(stop);
  return { stop };
}

async function bridgeTo(agents: AgentConfig[], client = temporal.client): Promise<Bridge> {
  const push = { taskQueue: pushTaskQueue(agents[0]?.workflow.taskQueue ?? ''), outboundAllow: LOOPBACK };
  const bridge = await createBridge({ client, agents, push, ensureSearchAttributes: false });
  cleanUpAfterAll(() => bridge.close());
  return bridge;
}

async function ask(bridge: Bridge, id: string, request = { message: message('hi') }) {
  const agent = bridge.agents.find((each) => each.id === id) as AgentConfig;
  return taskOf(await bridge.operations.sendMessage(request, { agent, owner: 'anna' }));
}

describe('a worker with the plugin', () => {
  it('serves agents, calls agents, and keeps what it had', async () => {
    const taskQueue = randomTaskQueue();
    const agents = define(taskQueue, 'caller', 'echo');
    const worker = await Worker.create({
      connection: temporal.connection,
      taskQueue,
      workflowsPath,
      interceptors: { workflowModules: [require.resolve('./user-interceptors')] },
      activities: { wait: async () => {} },
      plugins: [new A2APlugin({ agents })],
    });
    expect(worker.options.maxHeartbeatThrottleIntervalMs).toBe(3_000);
    const activities = Object.keys(createCallActivities());
    expect([...worker.options.activities.keys()].sort()).toEqual([...activities, 'wait'].sort());
    running(worker);
    const bridge = await bridgeTo(agents);
    const plan = { calls: [{ to: 'echo', say: 'from one to the other' }] };
    const task = await ask(bridge, 'caller', { message: message([{ data: plan as never }]) });
    expect(task.status.message?.parts[0]?.data).toMatchObject([{ text: 'from one to the other' }]);
    const handle = temporal.client.workflow.getHandle(task.id);
    expect((await handle.describe()).searchAttributes.A2aState).toEqual(['TASK_STATE_COMPLETED']);
    expect(await handle.query('intercepted')).toBe(true);
  }, 60_000);

  it('keeps its own heartbeats, and activities of the same name', async () => {
    const resolveAgent = async () => {};
    const worker = await Worker.create({
      connection: temporal.connection,
      taskQueue: randomTaskQueue(),
      maxHeartbeatThrottleInterval: '1 second',
      activities: { resolveAgent },
      plugins: [new A2APlugin()],
    });
    expect(worker.options.maxHeartbeatThrottleIntervalMs).toBe(1_000);
    expect(worker.options.activities.get('resolveAgent')).toBe(resolveAgent);
    // It had none, and does not take workflow tasks that are for others.
    expect(worker.options.workflowBundle).toBeUndefined();
    await worker.runUntil(async () => {});
  });

  it('is applied once, however often it is given', async () => {
    const plugin = new A2APlugin({ nexus: true });
    const connection = await NativeConnection.connect({ address: temporal.address, plugins: [plugin] });
    cleanUpAfterAll(() => connection.close());
    const worker = await Worker.create({
      connection,
      taskQueue: randomTaskQueue(),
      workflowsPath,
      plugins: [plugin, plugin],
    });
    expect([...(worker.options.nexusServiceHandlers?.keys() ?? [])]).toEqual(['A2AService']);
    expect(worker.options.interceptors.activity).toHaveLength(2);
    expect(worker.options.interceptors.workflowModules).toEqual([workflowInterceptorsPath]);
    await worker.runUntil(async () => {});
  }, 60_000);

  it('takes a bundle that was made with the plugin, and no other', async () => {
    const made = { workflowsPath, logger: new DefaultLogger('ERROR') };
    const options = { connection: temporal.connection, taskQueue: randomTaskQueue() };
    const plugins = [new A2APlugin({ agents: define(options.taskQueue, 'echo') })];
    const workflowBundle = await bundleWorkflowCode({ ...made, plugins });
    running(await Worker.create({ ...options, workflowBundle, plugins }));
    const task = await ask(await bridgeTo(define(options.taskQueue, 'echo')), 'echo');
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');

    const without = await bundleWorkflowCode(made);
    const refused =
      'The workflow bundle was made without the workflow interceptors of temporal-a2a. Bundle it with';
    await expect(Worker.create({ ...options, workflowBundle: without, plugins })).rejects.toThrow(refused);
    await expect(
      Worker.runReplayHistory({ workflowBundle: without, plugins }, { events: [{}] }),
    ).rejects.toThrow(refused);
  }, 90_000);

  it('replays histories', async () => {
    const taskQueue = randomTaskQueue();
    const plugins = [new A2APlugin()];
    const options = { workflowBundle: testBundle, plugins };
    const worker = await Worker.create({ connection: temporal.connection, taskQueue, ...options });
    const { stop } = running(worker);
    const bridge = await bridgeTo(define(taskQueue, 'echo', 'script'));
    const tasks = [await ask(bridge, 'echo')];
    for (const text of ['one', 'two']) {
      tasks.push(await ask(bridge, 'script', scripted([{ complete: { text } }])));
    }
    await stop();
    const histories = tasks.map(async ({ id: workflowId }) => ({
      workflowId,
      history: await temporal.client.workflow.getHandle(workflowId).fetchHistory(),
    }));
    const results = [];
    for await (const result of Worker.runReplayHistories(options, streamOf(histories))) results.push(result);
    expect(results.map(({ workflowId, error }) => [workflowId, error])).toEqual(
      tasks.map(({ id }) => [id, undefined]),
    );
    const [first] = await Promise.all(histories);
    await Worker.runReplayHistory({ plugins, workflowsPath }, first?.history);
  }, 60_000);
});

async function* streamOf<T>(promises: Promise<T>[]): AsyncGenerator<T> {
  for (const promise of promises) yield await promise;
}

describe('push notifications of the plugin', () => {
  const push = { outboundAllow: LOOPBACK, workflowBundle: testBundle };

  it.each(['worker', 'connection'])('are delivered beside the %s that has it', async (owner) => {
    const plugins = [new A2APlugin({ push })];
    const connection = await NativeConnection.connect({
      address: temporal.address,
      ...(owner === 'connection' && { plugins }),
    });
    cleanUpAfterAll(() => connection.close());
    const taskQueue = randomTaskQueue();
    const worker = await Worker.create({
      connection,
      taskQueue,
      workflowBundle: testBundle,
      ...(owner === 'worker' && { plugins }),
    });
    const { stop } = running(worker);
    const bridge = await bridgeTo(define(taskQueue, 'echo'), new Client({ connection }));
    const receiver = await startReceiver();
    const configuration = { taskPushNotificationConfig: { url: receiver.url } };
    await ask(bridge, 'echo', { message: message('hi'), configuration } as never);
    await eventually(() => receiver.taken.map(told).at(-1) === 'completed');
    await stop();
    expect(worker.getState()).toBe('STOPPED');
  });

  it('leave a worker that is stopped at once, or that fails', async () => {
    const options: WorkerOptions = {
      connection: temporal.connection,
      taskQueue: randomTaskQueue(),
      workflowBundle: testBundle,
    };
    const worker = await Worker.create({ ...options, plugins: [new A2APlugin({ push })] });
    await worker.runUntil(async () => {});
    expect(worker.getState()).toBe('STOPPED');

    const workflowBundle = { codePath: join(__dirname, 'no-such-bundle.js') };
    const plugins = [new A2APlugin({ push: { ...push, workflowBundle } })];
    const failing = await Worker.create({ ...options, plugins });
    await expect(failing.run()).rejects.toThrow('no-such-bundle.js');
    expect(failing.getState()).toBe('STOPPED');
  });
});

describe('createA2AWorker', () => {
  it('has defaults for agents', async () => {
    const worker = await createA2AWorker({
      connection: temporal.connection,
      taskQueue: randomTaskQueue(),
      workflowBundle: testBundle,
    });
    expect(worker.options).toMatchObject({
      maxHeartbeatThrottleIntervalMs: 3_000,
      shutdownGraceTimeMs: 2_000,
      shutdownForceTimeMs: 5_000,
      tuner: { activityTaskSlotSupplier: { numSlots: 1_000 } },
    });
    await worker.runUntil(async () => {});
  });

  it('takes whatever a worker takes', async () => {
    const given = {
      namespace: 'default',
      identity: `of tests ${randomUUID()}`,
      shutdownGraceTime: '1 second',
      maxCachedWorkflows: 7,
      maxHeartbeatThrottleInterval: '2 seconds',
      interceptors: { workflowModules: [require.resolve('./user-interceptors')] },
      activities: { own: async () => {} },
      tuner: { tunerOptions: { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 } },
    } satisfies Partial<WorkerOptions>;
    const others = { name: 'of others', configureWorker: (options: WorkerOptions) => options };
    const worker = await createA2AWorker({
      connection: temporal.connection,
      taskQueue: randomTaskQueue(),
      workflowsPath,
      plugins: [others],
      ...given,
    });
    expect(worker.options).toMatchObject({
      identity: given.identity,
      shutdownGraceTimeMs: 1_000,
      shutdownForceTimeMs: 4_000,
      maxCachedWorkflows: 7,
      maxHeartbeatThrottleIntervalMs: 2_000,
    });
    expect(worker.options.tuner.activityTaskSlotSupplier).toMatchObject({ type: 'resource-based' });
    expect(worker.options.activities.has('own')).toBe(true);
    expect(worker.options.interceptors.workflowModules).toEqual([
      ...given.interceptors.workflowModules,
      workflowInterceptorsPath,
    ]);
    expect(worker.options.plugins).toContain(others);
    await worker.runUntil(async () => {});
  }, 60_000);
});
