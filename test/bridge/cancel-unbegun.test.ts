import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import type { Task, TaskState } from '../../src/a2a/types';
import { startReceiver, told } from '../push/receiver';
import { testActivities } from '../support/activities';
import {
  type Harness,
  immediate,
  inShort,
  readAll,
  readNext,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { eventually, randomTaskQueue, startTestWorker } from '../support/temporal';

/** Cancel Task when no worker has begun the task, or may never. */

const { COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION } =
  temporal.api.enums.v1.CommandType;

const queues = {
  unpolled: randomTaskQueue(),
  raced: randomTaskQueue(),
  left: randomTaskQueue(),
  raw: randomTaskQueue(),
};

let harness: Harness;

beforeAll(async () => {
  const on = (taskQueue: string, more = {}) => ({ type: 'script', taskQueue, ...more });
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'broken' },
      { id: 'missing', workflow: { type: 'notThere' } },
      { id: 'nobody', workflow: on(queues.unpolled) },
      { id: 'nobodyPlain', workflow: on(queues.unpolled, { input: 'text' }) },
      { id: 'raced', workflow: on(queues.raced) },
      { id: 'left', workflow: on(queues.left) },
      { id: 'raw', workflow: on(queues.raw) },
    ],
    push: true,
  });
}, 60_000);

const begin = async (agentId: string, owner = 'anna', send = request('hi')): Promise<Task> =>
  taskOf(await harness.bridge.sendMessage(immediate(send), harness.call(agentId, owner)));

const get = ({ id }: Task, agentId: string) => harness.bridge.getTask({ id }, harness.call(agentId));

const cancel = ({ id }: Task, agentId: string, owner = 'anna') =>
  harness.bridge.cancelTask({ id }, harness.call(agentId, owner));

const history = async ({ id }: Task) => {
  const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
  return events ?? [];
};

describe('a task whose queue nobody polls', () => {
  it.each(['nobody', 'nobodyPlain'])('is canceled at once (%s)', async (agentId) => {
    const task = await begin(agentId);
    const canceled = await cancel(task, agentId);
    expect(canceled.status).toMatchObject({
      state: 'TASK_STATE_CANCELED',
      message: { parts: [{ text: 'The task was canceled before a worker had begun it.' }] },
    });
    expect(await get(task, agentId)).toEqual(canceled);
    expect(await harness.newBridge().getTask({ id: task.id }, harness.call(agentId))).toEqual(canceled);
    await expect(cancel(task, agentId)).rejects.toMatchObject({ name: 'TaskNotCancelableError' });
  });

  it.each(['nobody', 'nobodyPlain'])('is listed as canceled, and as nothing else (%s)', async (agentId) => {
    const owner = `owner-${randomUUID()}`;
    const call = harness.call(agentId, owner);
    const task = await begin(agentId, owner);
    const canceled = await cancel(task, agentId, owner);
    const list = (status?: TaskState) =>
      harness.bridge.listTasks({ ...(status && { status }), includeArtifacts: false }, call);
    const { tasks } = await eventually(async () => {
      const answer = await list('TASK_STATE_CANCELED');
      return answer.totalSize === 1 && answer;
    });
    expect(tasks).toEqual([canceled]);
    expect((await list()).tasks).toEqual([canceled]);
    for (const other of ['SUBMITTED', 'WORKING', 'FAILED', 'COMPLETED', 'REJECTED']) {
      expect(await list(`TASK_STATE_${other}` as TaskState)).toMatchObject({ tasks: [], totalSize: 0 });
    }
  });

  it('ends its streams, its blocking send and its webhook with that', async () => {
    const { bridge } = harness;
    const call = harness.call('nobody');
    const receiver = await startReceiver();
    const send = request('hi');
    const blocked = bridge.sendMessage(
      { ...send, configuration: { taskPushNotificationConfig: { url: receiver.url } } },
      call,
    );
    const stream = await bridge.sendStreamingMessage(send, call);
    const { id = '' } = (await readNext(stream)).response.task ?? {};
    const canceled = await bridge.cancelTask({ id }, call);
    const end = 'canceled "The task was canceled before a worker had begun it."';
    expect((await readAll(stream)).map(inShort)).toEqual([end]);
    expect(taskOf(await blocked)).toEqual(canceled);
    await eventually(() => expect(receiver.taken.map(told)).toEqual(['task submitted', end]) ?? true, {
      timeoutMs: 25_000,
    });
  });

  it('is canceled too when an operator terminates it', async () => {
    const task = await begin('nobody');
    await harness.temporal.client.workflow.getHandle(task.id).terminate('not needed');
    const text = 'The workflow was terminated before a worker had begun it: not needed';
    expect((await get(task, 'nobody')).status).toMatchObject({
      state: 'TASK_STATE_CANCELED',
      message: { parts: [{ text }] },
    });
  });
});

describe('a task that no worker can begin', () => {
  it('is canceled at once', async () => {
    const task = await begin('missing');
    await eventually(async () =>
      (await history(task)).some(({ workflowTaskFailedEventAttributes: failed }) => failed),
    );
    expect((await cancel(task, 'missing')).status.state).toBe('TASK_STATE_CANCELED');
  });

  it('is canceled in a while when its workers have just gone', async () => {
    const worker = await startTestWorker({
      connection: harness.temporal.connection,
      taskQueue: queues.left,
      activities: testActivities,
    });
    const done = taskOf(await harness.bridge.sendMessage(scripted([]), harness.call('left')));
    expect(done.status.state).toBe('TASK_STATE_COMPLETED');
    await worker.stop();
    const task = await begin('left');
    expect((await cancel(task, 'left')).status.state).toBe('TASK_STATE_CANCELED');
    expect((await get(task, 'left')).status.state).toBe('TASK_STATE_CANCELED');
  });
});

describe('a task that a worker has begun, or begins', () => {
  it('is left to the worker that is at its first workflow task', async () => {
    const { client } = harness.temporal;
    const { workflowService } = client;
    const task = await begin('raw');
    const taskQueue = { name: queues.raw };
    const polled = await workflowService.pollWorkflowTaskQueue({
      namespace: 'default',
      taskQueue,
      identity: 'raw',
    });
    expect((await cancel(task, 'raw')).status.state).toBe('TASK_STATE_SUBMITTED');
    await workflowService.respondWorkflowTaskCompleted({
      namespace: 'default',
      taskToken: polled.taskToken,
      identity: 'raw',
      // The cancellation has come meanwhile: the next workflow task tells of it.
      commands: [],
    });
    const next = await workflowService.pollWorkflowTaskQueue({
      namespace: 'default',
      taskQueue,
      identity: 'raw',
    });
    await workflowService.respondWorkflowTaskCompleted({
      namespace: 'default',
      taskToken: next.taskToken,
      identity: 'raw',
      commands: [
        { commandType: COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, cancelWorkflowExecutionCommandAttributes: {} },
      ],
    });
    expect((await get(task, 'raw')).status).toMatchObject({ state: 'TASK_STATE_CANCELED' });
    expect((await history(task)).at(-1)?.workflowExecutionCanceledEventAttributes).toBeTruthy();
  });

  it('has failed when Temporal refuses what its first workflow task has done, and terminates it', async () => {
    const owner = `owner-${randomUUID()}`;
    const call = harness.call('raw', owner);
    const { workflowService } = harness.temporal.client;
    const { id } = await begin('raw', owner);
    const taskQueue = { name: queues.raw };
    const polled = await workflowService.pollWorkflowTaskQueue({
      namespace: 'default',
      taskQueue,
      identity: 'raw',
    });
    const data = Buffer.from(JSON.stringify('x'.repeat(2_200_000)));
    const result = { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data }] };
    const tooLarge = workflowService.respondWorkflowTaskCompleted({
      namespace: 'default',
      taskToken: polled.taskToken,
      identity: 'raw',
      commands: [
        {
          commandType: COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
          completeWorkflowExecutionCommandAttributes: { result },
        },
      ],
    });
    await expect(tooLarge).rejects.toThrow('exceeds size limit');
    const { status } = await harness.bridge.getTask({ id }, call);
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(JSON.stringify(status.message)).toContain('exceeds size limit');
    const { tasks } = await eventually(async () => {
      const answer = await harness.bridge.listTasks({ status: 'TASK_STATE_FAILED' }, call);
      return answer.totalSize === 1 && answer;
    });
    expect(tasks.map((task) => task.id)).toEqual([id]);
    const canceled = await harness.bridge.listTasks({ status: 'TASK_STATE_CANCELED' }, call);
    expect(canceled).toMatchObject({ tasks: [], totalSize: 0 });
  });

  it('is not terminated, although its workflow task fails', async () => {
    const task = await begin('broken', 'anna', request('wait for it'));
    await eventually(async () => (await get(task, 'broken')).status.state === 'TASK_STATE_WORKING');
    await harness.bridge.sendMessage(
      immediate({ message: { ...request('go').message, taskId: task.id } }),
      harness.call('broken'),
    );
    await eventually(async () =>
      (await history(task)).some(({ workflowTaskFailedEventAttributes: failed }) => failed),
    );
    const { status } = await cancel(task, 'broken');
    expect(status.state).toBe('TASK_STATE_WORKING');
    expect(JSON.stringify(status.message)).toContain('the ledger has no such page');
  });

  it('ends canceled, whether a worker that comes just then is first or not', async () => {
    const tasks = await Promise.all(
      Array.from({ length: 16 }, () => begin('raced', 'anna', scripted([{ forever: true }]))),
    );
    const canceled = tasks.map(async (task, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 25));
      return cancel(task, 'raced');
    });
    await startTestWorker({
      connection: harness.temporal.connection,
      taskQueue: queues.raced,
      activities: testActivities,
    });
    const ended = await Promise.all(canceled);
    expect(ended.map(({ status }) => status.state)).toEqual(tasks.map(() => 'TASK_STATE_CANCELED'));
    for (const [index, task] of tasks.entries()) expect(await get(task, 'raced')).toEqual(ended[index]);
  });
});
