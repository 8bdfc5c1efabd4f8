import { randomUUID } from 'node:crypto';
import type { ListTasksRequest, Task, TaskState } from '../../src/a2a/types';
import { KnownTasks } from '../../src/bridge/known-tasks';
import { StuckTasks } from '../../src/bridge/stuck-tasks';
import { TaskList } from '../../src/bridge/task-list';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import {
  type Harness,
  immediate,
  message,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { type Command, complete, fail, json } from '../support/raw-worker';
import { resetWorkflow, workflowTasksCompleted } from '../support/reset';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;

beforeAll(async () => {
  const retry = { maximumAttempts: 3, initialInterval: '10ms' };
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'retried', workflow: { type: 'brittlePlain', input: 'text', retry } },
      { id: 'plainWaiter', workflow: { input: 'text' } },
      { id: 'nobody', workflow: { input: 'text', taskQueue: 'nobody-polls-this' } },
      { id: 'foreign', workflow: { input: 'text', taskQueue: 'a-worker-of-another-language' } },
    ],
  });
}, 60_000);

/** Owners are new for each test, so that lists hold its tasks alone. */
let owner: string;

beforeEach(() => {
  owner = `owner-${randomUUID()}`;
});

const call = (agentId = 'script') => harness.call(agentId, owner);

const list = (more: ListTasksRequest = {}, agentId = 'script') =>
  harness.bridge.listTasks(more, call(agentId));

/** The list holds these tasks, each once and as GetTask has it; visibility follows the history a little later. */
const lists = (tasks: Pick<Task, 'id'>[], more: ListTasksRequest = {}, agentId = 'script') =>
  eventually(async () => {
    for (const includeArtifacts of [true, false]) {
      const answer = await list({ includeArtifacts, ...more }, agentId);
      expect([answer.totalSize, answer.tasks.map(({ id }) => id).sort()]).toEqual([
        tasks.length,
        tasks.map(({ id }) => id).sort(),
      ]);
      for (const task of answer.tasks) {
        const { artifacts = [], ...got } = await harness.bridge.getTask({ id: task.id }, call(agentId));
        expect(task).toEqual({ ...got, ...(includeArtifacts && { artifacts }) });
      }
    }
    return true;
  });

const begin = async (...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), call()));

const send = async (agentId: string) =>
  taskOf(await harness.bridge.sendMessage(immediate(request('x')), call(agentId)));

describe('lists hold each task once', () => {
  it('when it is reset', async () => {
    const task = await begin({ working: 'on' }, { next: true });
    const other = await begin({ complete: {} });
    await eventually(() => workflowTasksCompleted(harness.temporal.client, task.id, 1));
    await resetWorkflow(harness.temporal.client, task.id);
    await eventually(() => workflowTasksCompleted(harness.temporal.client, task.id, 1));
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0 });
    await lists([task, other]);
    await lists([task], { status: 'TASK_STATE_WORKING' });
    await lists([], { status: 'TASK_STATE_FAILED' });
    await lists([], { status: 'TASK_STATE_CANCELED' });
    const pages = [await list({ pageSize: 1 })];
    while (pages.at(-1)?.nextPageToken) {
      pages.push(await list({ pageSize: 1, pageToken: pages.at(-1)?.nextPageToken ?? '' }));
    }
    expect(pages.flatMap(({ tasks }) => tasks.map(({ id }) => id)).sort()).toEqual(
      [task.id, other.id].sort(),
    );
  });

  it('when it is reset after its end', async () => {
    const task = await begin({ pause: true }, { next: true }, { complete: {} });
    await eventually(() => workflowTasksCompleted(harness.temporal.client, task.id, 2));
    await harness.bridge.sendMessage({ message: message('go on', { taskId: task.id }) }, call());
    await lists([task], { status: 'TASK_STATE_COMPLETED' });
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 1, withoutSignals: true });
    await lists([task]);
    await lists([], { status: 'TASK_STATE_COMPLETED' });
    await harness.bridge.sendMessage({ message: message('go on', { taskId: task.id }) }, call());
    await lists([task], { status: 'TASK_STATE_COMPLETED' });
    await lists([task]);
  });

  it('when it is reset after its end, and no run but the earlier one is left behind a page', async () => {
    const tasks = [await begin({ next: true }), await begin({ next: true })];
    for (const { id } of tasks) {
      await eventually(() => workflowTasksCompleted(harness.temporal.client, id, 1));
      await harness.bridge.cancelTask({ id }, call());
    }
    const [task] = tasks as [Task];
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0 });
    await harness.bridge.cancelTask({ id: task.id }, call());
    await lists(tasks, { status: 'TASK_STATE_CANCELED' });
    await lists(tasks, { pageSize: 2 });
    expect((await list({ pageSize: 2 })).nextPageToken).toBe('');
  });

  it('when only earlier runs of tasks in another state are left behind a page', async () => {
    const others = [
      await begin({ working: 'on' }, { next: true }),
      await begin({ working: 'on' }, { next: true }),
    ];
    for (const { id } of others) {
      await eventually(() => workflowTasksCompleted(harness.temporal.client, id, 1));
      await harness.bridge.cancelTask({ id }, call());
    }
    const task = await begin({ complete: {} });
    const canceled = await begin({ next: true });
    await harness.bridge.cancelTask({ id: canceled.id }, call());
    for (const { id } of others) await resetWorkflow(harness.temporal.client, id, { workflowTask: 0 });
    await lists(others, { status: 'TASK_STATE_WORKING' });
    const status: TaskState = 'TASK_STATE_CANCELED';
    await lists([task], { status: 'TASK_STATE_COMPLETED' });
    await lists([canceled], { status });
    const page = await harness.newBridge().listTasks({ status, pageSize: 1 }, call());
    expect(page).toMatchObject({ tasks: [{ id: canceled.id }], totalSize: 1, nextPageToken: '' });
    // The earlier runs are behind its second page.
    const first = await list({ pageSize: 3 });
    expect(first.tasks).toHaveLength(3);
    const second = await list({ pageSize: 1, pageToken: first.nextPageToken });
    expect(second).toMatchObject({ tasks: [{ id: task.id }], nextPageToken: '' });
  });

  it('when it is retried', async () => {
    const task = await send('retried');
    const failed: TaskState = 'TASK_STATE_FAILED';
    await lists([task], { status: failed }, 'retried');
    await lists([task], {}, 'retried');
    await lists([], { status: 'TASK_STATE_REJECTED' }, 'retried');
  });
});

describe('filters agree with GetTask', () => {
  it('about a plain workflow, before and after its first workflow task', async () => {
    const waits = await send('nobody');
    await lists([waits], { status: 'TASK_STATE_SUBMITTED' }, 'nobody');
    await lists([], { status: 'TASK_STATE_WORKING' }, 'nobody');
    const works = await send('plainWaiter');
    await lists([works], { status: 'TASK_STATE_WORKING' }, 'plainWaiter');
    await lists([], { status: 'TASK_STATE_SUBMITTED' }, 'plainWaiter');
  });

  it('about one that was rejected by a worker that tells visibility nothing', async () => {
    const rejected = await send('foreign');
    await failAs('A2A_REJECTED');
    const failed = await send('foreign');
    await failAs('OutOfPaper');
    await lists([rejected], { status: 'TASK_STATE_REJECTED' }, 'foreign');
    await lists([failed], { status: 'TASK_STATE_FAILED' }, 'foreign');
    await lists([rejected, failed], {}, 'foreign');
  });

  it('about a plain workflow whose result is a Task that has ended otherwise', async () => {
    const failed = await send('foreign');
    await endWith(complete(json({ id: 'any', status: { state: 'TASK_STATE_FAILED' } })));
    const rejected = await send('foreign');
    await endWith(complete(json({ id: 'any', status: { state: 'TASK_STATE_REJECTED' } })));
    const done = await send('foreign');
    await endWith(complete(json({ total: 1 })));
    await lists([failed], { status: 'TASK_STATE_FAILED' }, 'foreign');
    await lists([rejected], { status: 'TASK_STATE_REJECTED' }, 'foreign');
    await lists([], { status: 'TASK_STATE_CANCELED' }, 'foreign');
    await lists([done], { status: 'TASK_STATE_COMPLETED' }, 'foreign');
    await lists([failed, rejected, done], {}, 'foreign');
    const { tasks } = await list({ status: 'TASK_STATE_FAILED', contextId: rejected.contextId }, 'foreign');
    expect(tasks).toEqual([]);
  });

  it('about such a one among many others, a few of which are looked at for each page', async () => {
    const failed = await send('foreign');
    await endWith(complete(json({ id: 'any', status: { state: 'TASK_STATE_FAILED' } })));
    for (let index = 0; index < 7; index++) {
      await send('foreign');
      await endWith(complete(json('fine')));
    }
    const status = 'TASK_STATE_FAILED';
    await lists([failed], { status }, 'foreign');
    const calls = new TemporalCalls(harness.temporal.client);
    const read = jest.spyOn(calls, 'readClosingEvent');
    const narrow = new TaskList(
      { calls, stuck: new StuckTasks(calls), known: new KnownTasks(calls, 1_000_000) },
      { windowLimit: 3, doubtLimit: 1 },
    );
    const found: string[] = [];
    let pageToken = '';
    do {
      const before = read.mock.calls.length;
      const page = await narrow.list({ status, pageSize: 1, pageToken }, call('foreign'));
      found.push(...page.tasks.map(({ id }) => id));
      pageToken = page.nextPageToken;
      // Those of its window, and what totalSize looks at.
      expect(read.mock.calls.length - before).toBeLessThanOrEqual(4 + 1);
    } while (pageToken !== '');
    expect(found).toEqual([failed.id]);
    expect(read).toHaveBeenCalledTimes(8);
  });
});

const failAs = (type: string) =>
  endWith(fail({ message: 'no', applicationFailureInfo: { type, nonRetryable: true } }));

/** Ends the next workflow of the agent `foreign`, as a worker does that knows nothing of A2A. */
async function endWith(command: Command): Promise<void> {
  const { workflowService } = harness.temporal.client;
  const { namespace } = harness.temporal;
  const { taskToken } = await workflowService.pollWorkflowTaskQueue({
    namespace,
    taskQueue: { name: 'a-worker-of-another-language' },
    identity: 'a test',
  });
  await workflowService.respondWorkflowTaskCompleted({
    namespace,
    taskToken,
    identity: 'a test',
    commands: [command],
  });
}
