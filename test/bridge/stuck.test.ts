import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { textOf } from '../../src/a2a/parts';
import type { Task } from '../../src/a2a/types';
import type { BridgeLogger } from '../../src/bridge/temporal-calls';
import { testActivities } from '../support/activities';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readNext,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { eventually, randomTaskQueue, startTestWorker } from '../support/temporal';

/** Tasks that make no progress, and do not know it. */

const unpolled = randomTaskQueue();
const polledLater = randomTaskQueue();
const leftAlone = randomTaskQueue();
const notCurrent = randomTaskQueue();
const logged: { fields: Record<string, unknown>; text: string }[] = [];
const log = (fields: unknown, text?: string) =>
  void logged.push({ fields: fields as Record<string, unknown>, text: text ?? '' });
const silent = pino({ level: 'silent' });
const logger = { info: log, warn: log } as BridgeLogger;

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'broken' },
      { id: 'missing', workflow: { type: 'notThere' } },
      { id: 'missingPlain', workflow: { type: 'notThere', input: 'text' } },
      { id: 'nobody', workflow: { type: 'script', taskQueue: unpolled } },
      { id: 'late', workflow: { type: 'script', taskQueue: polledLater } },
      { id: 'left', workflow: { type: 'script', taskQueue: leftAlone } },
      { id: 'versioned', workflow: { type: 'script', taskQueue: notCurrent } },
      { id: 'outdated', workflow: { type: 'script', taskQueue: randomTaskQueue() } },
      { id: 'unversioned', workflow: { type: 'script', taskQueue: randomTaskQueue() } },
      { id: 'nexusCaller', workflow: { input: 'data' } },
      { id: 'replier', answers: 'message', workflow: { taskQueue: polledLater } },
      { id: 'nobodyPlain', workflow: { type: 'script', taskQueue: unpolled, input: 'text' } },
    ],
    bridge: { logger },
  });
}, 60_000);

const begin = async (agentId: string, text = 'at once'): Promise<Task> =>
  taskOf(await harness.bridge.sendMessage(immediate(request(text)), harness.call(agentId)));

const get = ({ id }: Task, agentId: string, bridge = harness.bridge) =>
  bridge.getTask({ id }, harness.call(agentId));

const said = ({ status }: Task): string => (status.message === undefined ? '' : textOf(status.message));

/** The Task as soon as its status says something. */
const told = (task: Task, agentId: string) =>
  eventually(async () => {
    const now = await get(task, agentId);
    return now.status.message !== undefined && now;
  });

const warningsOf = ({ id }: Task) => logged.filter(({ fields }) => fields.taskId === id);

describe('a task queue that no worker polls', () => {
  it.each(['nobody', 'nobodyPlain'])('is what GetTask names, of the agent %s', async (agentId) => {
    const task = await begin(agentId);
    const now = await told(task, agentId);
    expect(said(now)).toBe(`No worker polls the task queue "${unpolled}".`);
    expect({ ...now, status: { ...now.status, message: undefined } }).toEqual({
      ...task,
      status: { ...task.status, timestamp: now.status.timestamp, message: undefined },
    });
    expect(now.status.message).toMatchObject({
      role: 'ROLE_AGENT',
      taskId: task.id,
      contextId: task.contextId,
    });
    // Another node says the same, in a message of the same ID.
    expect((await get(task, agentId, harness.newBridge({ logger: silent }))).status).toEqual(now.status);
    expect(warningsOf(task)).toEqual([
      {
        fields: {
          agent: agentId,
          taskId: task.id,
          runId: expect.any(String),
          taskQueue: unpolled,
          reason: said(now),
        },
        text: `a task makes no progress: ${said(now)}`,
      },
    ]);
  });
});

describe('a task queue that Temporal lists workers of', () => {
  it('has none when they have gone, or are of another deployment version', async () => {
    const { connection } = harness.temporal;
    const gone = await startTestWorker({ connection, taskQueue: leftAlone, activities: testActivities });
    const call = harness.call('left');
    expect(taskOf(await harness.bridge.sendMessage(scripted([]), call)).status.state).toBe(
      'TASK_STATE_COMPLETED',
    );
    await gone.stop();
    const version = { deploymentName: 'shop', buildId: 'v7' };
    await startTestWorker({
      connection,
      taskQueue: notCurrent,
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
    });
    const [left, versioned] = [await begin('left'), await begin('versioned')];
    const late = { timeoutMs: 30_000 };
    const words = (task: Task, agentId: string) =>
      eventually(async () => said(await get(task, agentId)) || undefined, late);
    expect(await words(left, 'left')).toMatch(
      /^No worker has polled the task queue "test-.*" since 20.*Z\.$/,
    );
    expect(await words(versioned, 'versioned')).toBe(
      `No deployment version is current for the task queue "${notCurrent}", and no worker without a version polls it; the workers that poll it are of: shop:v7.`,
    );
  }, 60_000);

  it.each([
    ['of another deployment version', { buildId: 'v7', useWorkerVersioning: true }, 'v7'],
    ['without a version', { buildId: 'v7', useWorkerVersioning: false }, 'unversioned'],
  ])(
    'has none of the current version, but ones %s',
    async (_, { buildId, useWorkerVersioning }, shown) => {
      const { connection, namespace } = harness.temporal;
      const agentId = useWorkerVersioning ? 'outdated' : 'unversioned';
      const { taskQueue } = harness.call(agentId).agent.workflow;
      const deploymentName = `shop-${randomUUID()}`;
      const worker = (version: string, versioned: boolean) =>
        startTestWorker({
          connection,
          taskQueue,
          ...(versioned && {
            workerDeploymentOptions: {
              version: { deploymentName, buildId: version },
              useWorkerVersioning: true,
              defaultVersioningBehavior: 'PINNED',
            },
          }),
        });
      const current = await worker('v8', true);
      const service = connection.workflowService;
      await eventually(
        () =>
          service.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId: 'v8' }).then(
            () => true,
            () => false,
          ),
        { timeoutMs: 30_000 },
      );
      await current.stop();
      await worker(buildId, useWorkerVersioning);
      const task = await begin(agentId);
      const words = await eventually(async () => said(await get(task, agentId)) || undefined, {
        timeoutMs: 40_000,
      });
      const others = useWorkerVersioning ? `${deploymentName}:${shown}` : shown;
      expect(words).toMatch(
        `The current version "v8" of the deployment "${deploymentName}" has no poller on the task queue "${taskQueue}"; the workers that poll it are of: `,
      );
      expect(words).toContain(others);
    },
    90_000,
  );
});

describe('a workflow task that fails again and again', () => {
  it.each(['missing', 'missingPlain'])('because its type is not registered (%s)', async (agentId) => {
    const task = await begin(agentId);
    const now = await told(task, agentId);
    expect(now.status.state).toBe('TASK_STATE_SUBMITTED');
    expect(said(now)).toMatch(
      /^The workflow task of run \S+ has failed once: WorkflowWorkerUnhandledFailure: Failed to initialize workflow of type 'notThere'.*; Temporal retries it\.$/,
    );
    expect(warningsOf(task)).toHaveLength(1);
  });

  it('names the cause once', async () => {
    const call = harness.call('nexusCaller');
    const calls = [{ operation: 'GetTask', input: {} }];
    const send = immediate(request([{ data: { endpoint: `none-${randomUUID()}`, calls } as never }]));
    const now = await told(taskOf(await harness.bridge.sendMessage(send, call)), 'nexusCaller');
    expect(said(now)).toMatch(/: BadScheduleNexusOperationAttributes: (?!BadSchedule)/);
  });

  it('because its code throws, later on', async () => {
    const task = await begin('broken', 'wait for it');
    await eventually(async () => said(await get(task, 'broken')) === 'still fine');
    const go = { message: message('break', { taskId: task.id }) };
    await harness.bridge.sendMessage(immediate(go), harness.call('broken'));
    const now = await eventually(async () => {
      const latest = await get(task, 'broken');
      return said(latest).includes('\n') && latest;
    });
    expect(now.status.state).toBe('TASK_STATE_WORKING');
    expect(said(now)).toMatch(
      /^still fine\nThe workflow task of run \S+ has failed (once|\d times): WorkflowWorkerUnhandledFailure: the ledger has no such page: it ends at page 6; Temporal retries it\.$/,
    );
  });

  it('stands in the way of no other task of the queue', async () => {
    const task = await begin('missing');
    await told(task, 'missing');
    const { bridge } = harness;
    const other = taskOf(await bridge.sendMessage(scripted([{ ask: '?' }]), harness.call('script')));
    const { workflowService } = harness.temporal.client;
    const spy = jest.spyOn(workflowService, 'queryWorkflow');
    expect((await get(other, 'script')).status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
  });
});

describe('a blocking send', () => {
  it.each(['nobody', 'nobodyPlain', 'missing', 'missingPlain'])(
    'answers with the task as it stands (%s)',
    async (agentId) => {
      const answer = await harness.bridge.sendMessage(request('at once'), harness.call(agentId));
      const task = taskOf(answer);
      expect(task.status.state).toBe('TASK_STATE_SUBMITTED');
      expect(said(task)).toMatch(
        /^(No worker polls the task queue|The workflow task of run \S+ has failed )/,
      );
      expect(task).toEqual(await get(task, agentId));
    },
  );

  it('answers when a further message finds the task stuck', async () => {
    const { bridge } = harness;
    const call = harness.call('broken');
    const task = await begin('broken', 'wait for it');
    await eventually(async () => said(await get(task, 'broken')) === 'still fine');
    const answer = taskOf(await bridge.sendMessage({ message: message('go', { taskId: task.id }) }, call));
    expect(answer.status.state).toBe('TASK_STATE_WORKING');
    expect(said(answer)).toContain('the ledger has no such page');
  });

  it('waits for an agent that takes its time', async () => {
    const { workflowService } = harness.temporal.client;
    const describe = jest.spyOn(workflowService, 'describeWorkflowExecution');
    const slow = scripted([{ wait: 6_000 }, { complete: { text: 'done' } }]);
    const { task } = await harness.bridge.sendMessage(slow, harness.call('script'));
    expect(task?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(describe).not.toHaveBeenCalled();
    describe.mockRestore();
  });
});

describe('a list', () => {
  it('says of each task what is wrong with it', async () => {
    const owner = `owner-${randomUUID()}`;
    for (const [agentId, text] of [
      ['nobody', `No worker polls the task queue "${unpolled}".`],
      ['missing', 'has failed'],
    ] as const) {
      const call = harness.call(agentId, owner);
      const { id } = taskOf(await harness.bridge.sendMessage(immediate(request('at once')), call));
      const [task] = await eventually(async () => {
        const { tasks } = await harness.bridge.listTasks({ status: 'TASK_STATE_SUBMITTED' }, call);
        return tasks[0]?.status.message !== undefined && tasks;
      });
      expect(task?.id).toBe(id);
      expect(said(task as Task)).toContain(text);
    }
  });
});

describe('a stream', () => {
  const problem = `No worker polls the task queue "${polledLater}".`;

  it('says once what is wrong, and goes on without a gap when a worker comes', async () => {
    const { bridge } = harness;
    const call = harness.call('late');
    const first = await bridge.sendStreamingMessage(scripted([{ working: 'on' }, { ask: '?' }]), call);
    const submitted = await readNext(first);
    const told = await readNext(first);
    expect([submitted, told].map(inShort)).toEqual(['task submitted', `submitted "${problem}"`]);
    expect(told.id).toBe(submitted.id);
    const { id = '', contextId } = submitted.response.task ?? {};
    expect(told.response.statusUpdate).toMatchObject({ taskId: id, contextId });
    expect(told.response.statusUpdate?.status.timestamp).toBe(submitted.task?.status.timestamp);

    const second = await bridge.subscribeToTask({ id }, call);
    const resumed = await harness.newBridge().subscribeToTask({ id }, call, told.id);
    const held = await bridge.sendStreamingMessage(request('hi'), harness.call('replier'));
    expect(inShort(await readNext(second))).toBe('task submitted');
    for (const stream of [second, resumed]) {
      const event = await readNext(stream);
      expect(inShort(event)).toBe(`submitted "${problem}"`);
      expect(event.id).toBe(submitted.id);
    }
    // In place of the Message, which has yet to come.
    const waiting = await readNext(held);
    expect(waiting.response.task?.status).toMatchObject({
      state: 'TASK_STATE_SUBMITTED',
      message: { parts: [{ text: problem }] },
    });

    await startTestWorker({
      connection: harness.temporal.connection,
      taskQueue: polledLater,
      activities: testActivities,
    });
    const behind = await readAll(first);
    expect(behind.map(inShort)).toEqual(['working "on"', 'input_required "?"']);
    const again = await bridge.subscribeToTask({ id }, call, told.id);
    for (const stream of [second, resumed, again]) {
      const events = [await readNext(stream), await readNext(stream)];
      expect(events.map(({ id: at, json }) => [at, json])).toEqual(
        behind.map(({ id: at, json }) => [at, json]),
      );
      await stream.return();
    }
    expect((await readAll(held)).map(inShort).at(-1)).toMatch(/^completed/);
  }, 60_000);
});

describe('what it costs', () => {
  it('asks Temporal about no task that makes progress, and about others once in a while', async () => {
    const bridge = harness.newBridge();
    const call = harness.call('script');
    const { workflowService } = harness.temporal.client;
    const task = await begin('nobody');
    await told(task, 'nobody');
    const asked = taskOf(await bridge.sendMessage(scripted([{ ask: '?' }]), call));
    const describe = jest.spyOn(workflowService, 'describeWorkflowExecution');
    await bridge.getTask({ id: asked.id }, call);
    await bridge.sendMessage(scripted([{ complete: {} }]), call);
    expect(describe).not.toHaveBeenCalled();
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(task, 'nobody', bridge)));
    expect(answers.map(said)).toEqual(answers.map(() => `No worker polls the task queue "${unpolled}".`));
    // Those who ask at once share the look at the history, and the one at what is wrong.
    expect(describe.mock.calls.length).toBeLessThan(10);
    describe.mockRestore();
  });
});
