import { Worker } from '@temporalio/worker';
import type { TaskUpdate } from '../../src/a2a/task-update';
import type { Task } from '../../src/a2a/types';
import { foldHistory } from '../../src/bridge/history';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import { type Harness, immediate, message, scripted, startHarness, taskOf } from '../support/harness';
import { continueAsNew, json } from '../support/raw-worker';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

/** Signals that come before the first workflow task of a run are taken in the order of the history. */

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }], withoutWorker: true });
}, 60_000);

const call = () => harness.call('script');

const begin = async (steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), call()));

const handleOf = ({ id }: Task) => harness.temporal.client.workflow.getHandle(id);

const say = (task: Task, text: string) =>
  harness.bridge.sendMessage(immediate({ message: message(text, { taskId: task.id }) }), call());

const shows = (task: Task, text: string) => {
  const update: TaskUpdate = {
    statusUpdate: {
      status: {
        state: 'TASK_STATE_AUTH_REQUIRED',
        message: { messageId: text, role: 'ROLE_AGENT', parts: [{ text }] },
        timestamp: '2025-01-01T00:00:00.000Z',
      },
    },
  };
  return handleOf(task).signal('a2a_update', update);
};

/** Both kinds, one behind the other, and the end. */
async function signal(task: Task): Promise<void> {
  await say(task, 'one');
  await shows(task, 'two');
  await say(task, 'three');
  await shows(task, 'four');
  await shows(task, 'five');
  await say(task, 'stop');
}

/** The query, the fold of the history and what a node tells are the same; returns what was said behind the start. */
async function said(task: Task): Promise<unknown[]> {
  const query = await eventually(async () => {
    const now = await handleOf(task).query<Task>('a2a_task');
    return now.metadata?.waits === true && now;
  });
  const calls = new TemporalCalls(harness.temporal.client);
  expect((await foldHistory(calls, { workflowId: task.id })).task).toEqual(query);
  expect(await harness.newBridge().getTask({ id: task.id }, call())).toEqual(query);
  return (query.history ?? []).slice(1).map(({ parts }) => parts[0]?.text);
}

/** Has its first run end, and leaves the next one to the next worker. */
async function endFirstRun(task: Task): Promise<void> {
  const { client, namespace } = harness.temporal;
  const { taskToken, history } = await client.workflowService.pollWorkflowTaskQueue({
    namespace,
    taskQueue: { name: harness.taskQueue },
    identity: 'a test',
  });
  const events = history?.events ?? [];
  const { input } = events[0]?.workflowExecutionStartedEventAttributes ?? {};
  const start = JSON.parse(Buffer.from(input?.payloads?.[0]?.data ?? []).toString()) as object;
  const run = { workflowId: task.id, workflowType: 'script', events, signals: [] };
  await client.workflowService.respondWorkflowTaskCompleted({
    namespace,
    taskToken,
    identity: 'a test',
    commands: [continueAsNew(run, harness.taskQueue, json({ ...start, task }))],
  });
}

const STEPS: Step[] = [{ until: 'stop' }, { next: true }, { complete: {} }];
const SAID = ['one', 'two', 'three', 'four', 'five', 'stop'];

it('in the first run, and in one behind a continue-as-new', async () => {
  const later = await begin(STEPS);
  await endFirstRun(later);
  await signal(later);
  const first = await begin(STEPS);
  await signal(first);
  await harness.startWorker();
  expect(await said(first)).toEqual(SAID);
  expect(await said(later)).toEqual(SAID);
  for (const task of [first, later]) {
    await say(task, 'end');
    const end = await eventually(async () => {
      const now = await harness.bridge.getTask({ id: task.id }, call());
      return now.status.state === 'TASK_STATE_COMPLETED' && now;
    });
    expect(end.history?.map(({ parts }) => parts[0]?.text)).toContain('end');
    const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
    await Worker.runReplayHistory({ workflowBundle }, await handleOf(task).fetchHistory(), task.id);
  }
}, 120_000);
