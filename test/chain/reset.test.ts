import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/a2a/types';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { resetWorkflow, workflowTasksCompleted } from '../support/reset';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let remote: Harness;
let harness: Harness;

/** Whose the tasks of the remote agent are: another for each test, so that a list holds those of the test alone. */
let remoteOwner: string;

beforeEach(() => {
  remoteOwner = `owner-${randomUUID()}`;
});

beforeAll(async () => {
  remote = await startHarness({ app: { authenticate: () => remoteOwner }, agents: [{ id: 'script' }] });
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'echo' },
      {
        id: 'chain',
        chain: {
          steps: [
            { name: 'one', agent: 'script' },
            { name: 'two', agent: 'echo', message: 'Thank you, {% $steps.one.text %}' },
          ],
        },
      },
      { id: 'proxy', proxy: { url: `${remote.url}/a2a/script` } },
    ],
  });
}, 60_000);

const begin = async (agentId: string, ...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(scripted(steps), harness.call(agentId)));

const answer = async ({ id }: Task, agentId: string, text: string) =>
  taskOf(await harness.bridge.sendMessage({ message: message(text, { taskId: id }) }, harness.call(agentId)));

const textsOf = ({ artifacts = [] }: Task) => artifacts.flatMap(({ parts }) => parts.map(({ text }) => text));

/** IDs of the child tasks that the current run has started, oldest first. */
async function childrenOf({ id }: Task): Promise<string[]> {
  const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).flatMap(
    ({ childWorkflowExecutionStartedEventAttributes: started }) =>
      started?.workflowExecution?.workflowId ?? [],
  );
}

const stateOf = async (taskId: string, agentId = 'script', from = harness, owner?: string) =>
  (await from.bridge.getTask({ id: taskId }, from.call(agentId, owner))).status.state;

const ASKING: Step[] = [{ working: 'on' }, { ask: 'name?' }, { complete: { text: 'Ada' } }];

describe('a chain', () => {
  it('that is reset while its question is answered gives the answer its result', async () => {
    const task = await begin('chain', { ask: 'name?' }, { next: true }, { complete: { text: 'Ada' } });
    const send = { message: message('me', { taskId: task.id }) };
    const sent = harness.bridge.sendMessage(send, harness.call('chain'));
    const streamed = readAll(await harness.bridge.sendStreamingMessage(send, harness.call('chain')));
    const [first = ''] = await childrenOf(task);
    await eventually(async () => (await stateOf(first)) === 'TASK_STATE_WORKING');
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0 });
    const child = await eventually(async () => {
      const [id = ''] = await childrenOf(task);
      return id !== first && id !== '' && (await stateOf(id)) === 'TASK_STATE_WORKING' && id;
    });
    const resent = harness.newBridge().sendMessage(send, harness.call('chain'));
    await answer({ id: child } as Task, 'script', 'go on');
    for (const each of [sent, resent]) expect(textsOf(taskOf(await each))).toContain('Thank you, Ada');
    const told = (await streamed).map(inShort);
    expect(told.filter((event) => event.startsWith('input_required'))).toEqual([]);
    expect(told.at(-1)).toMatch(/^completed/);
  });

  it('goes on when the task that it waits for is reset', async () => {
    const task = await begin('chain', ...ASKING);
    expect(task.status).toMatchObject({ state: 'TASK_STATE_INPUT_REQUIRED' });
    const stream = await harness.bridge.subscribeToTask({ id: task.id }, harness.call('chain'));
    const [child = ''] = await childrenOf(task);
    await resetWorkflow(harness.temporal.client, child, { workflowTask: 0 });
    const done = await answer(task, 'chain', 'me');
    expect(textsOf(done)).toContain('Thank you, Ada');
    const told = (await readAll(stream)).map(inShort);
    // The question is the same; it may be told once more.
    expect(told.filter((event) => event.startsWith('input_required')).length).toBeLessThanOrEqual(1);
    expect(told.at(-1)).toMatch(/^completed/);
  });

  it('cancels the task that it waits for, when that was reset', async () => {
    const task = await begin('chain', ...ASKING);
    const [child = ''] = await childrenOf(task);
    await resetWorkflow(harness.temporal.client, child);
    const canceled = await harness.bridge.cancelTask({ id: task.id }, harness.call('chain'));
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
    expect(await stateOf(child)).toBe('TASK_STATE_CANCELED');
  });

  it('that is reset goes on with the task that it has begun', async () => {
    const task = await begin('chain', ...ASKING);
    const [child = ''] = await childrenOf(task);
    await resetWorkflow(harness.temporal.client, task.id);
    await eventually(() => workflowTasksCompleted(harness.temporal.client, task.id, 4));
    expect(await stateOf(task.id, 'chain')).toBe('TASK_STATE_INPUT_REQUIRED');
    const done = await answer(task, 'chain', 'me');
    expect(textsOf(done)).toContain('Thank you, Ada');
    expect((await childrenOf(task))[0]).toBe(child);
    expect(await stateOf(child)).toBe('TASK_STATE_COMPLETED');
  });

  it('that is reset cancels the task that it has begun, when it is cancelled', async () => {
    const task = await begin('chain', ...ASKING);
    const [child = ''] = await childrenOf(task);
    await resetWorkflow(harness.temporal.client, task.id);
    await eventually(() => workflowTasksCompleted(harness.temporal.client, task.id, 4));
    const canceled = await harness.bridge.cancelTask({ id: task.id }, harness.call('chain'));
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
    expect(await stateOf(child)).toBe('TASK_STATE_CANCELED');
  });

  it('that is reset to before a step begins it anew, and cancels what it had begun', async () => {
    const task = await begin('chain', ...ASKING);
    const [child = ''] = await childrenOf(task);
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0 });
    const [other = ''] = await eventually(async () => {
      const children = await childrenOf(task);
      return children.length > 0 && children;
    });
    expect(other).not.toBe(child);
    await eventually(async () => (await stateOf(child)) === 'TASK_STATE_CANCELED');
    await eventually(async () => (await stateOf(task.id, 'chain')) === 'TASK_STATE_INPUT_REQUIRED');
    const done = await answer(task, 'chain', 'me');
    expect(textsOf(done)).toContain('Thank you, Ada');
    expect(await stateOf(other)).toBe('TASK_STATE_COMPLETED');
  });
});

describe('a proxy', () => {
  const STEPS: Step[] = [{ working: 'on' }, { next: true }, { complete: { text: 'end' } }];

  /** IDs of the tasks of the agent behind the proxy, newest first, when it has so many. */
  const remoteTasks = (count: number) =>
    eventually(async () => {
      const { tasks } = await remote.bridge.listTasks({}, remote.call('script', remoteOwner));
      return tasks.length === count && tasks.map(({ id }) => id);
    });

  const atWork = (task: Task) =>
    eventually(async () => {
      const { status } = await harness.bridge.getTask({ id: task.id }, harness.call('proxy'));
      return status.message?.parts[0]?.text === 'on';
    });

  it('that is reset goes on with the task that it has begun', async () => {
    const task = taskOf(await harness.bridge.sendMessage(immediate(scripted(STEPS)), harness.call('proxy')));
    await atWork(task);
    const [theirs = ''] = await remoteTasks(1);
    await resetWorkflow(harness.temporal.client, task.id);
    await eventually(() => workflowTasksCompleted(harness.temporal.client, task.id, 2));
    await remote.bridge.sendMessage(
      immediate({ message: message('go on', { taskId: theirs }) }),
      remote.call('script', remoteOwner),
    );
    const done = await eventually(async () => {
      const now = await harness.bridge.getTask({ id: task.id }, harness.call('proxy'));
      return now.status.state === 'TASK_STATE_COMPLETED' && now;
    });
    expect(textsOf(done)).toEqual(['end']);
    expect(await stateOf(theirs, 'script', remote, remoteOwner)).toBe('TASK_STATE_COMPLETED');
    expect(await remoteTasks(1)).toEqual([theirs]);
  });

  it('that is reset to before the call makes it again, and cancels what it had begun', async () => {
    const task = taskOf(await harness.bridge.sendMessage(immediate(scripted(STEPS)), harness.call('proxy')));
    await atWork(task);
    const [theirs = ''] = await remoteTasks(1);
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0 });
    await eventually(
      async () => (await stateOf(theirs, 'script', remote, remoteOwner)) === 'TASK_STATE_CANCELED',
    );
    const other = (await remoteTasks(2)).find((id) => id !== theirs) ?? '';
    await atWork(task);
    await remote.bridge.sendMessage(
      immediate({ message: message('go on', { taskId: other }) }),
      remote.call('script', remoteOwner),
    );
    await eventually(async () => (await stateOf(task.id, 'proxy')) === 'TASK_STATE_COMPLETED');
  });
});
