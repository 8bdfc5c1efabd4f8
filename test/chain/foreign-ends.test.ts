import { textOf } from '../../src/a2a/parts';
import type { SendMessageRequest, Task } from '../../src/a2a/types';
import { type Harness, immediate, request, scripted, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, eventually, randomTaskQueue } from '../support/temporal';

/** Called tasks that an operator or a time limit ends: the caller tells what GetTask of them does. */

const unpolled = randomTaskQueue();
let harness: Harness;

beforeAll(async () => {
  const only = (agent: string, more: object = {}) => ({ steps: [{ name: 'only', agent, ...more }] });
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'hasty', workflow: { type: 'script', taskQueue: unpolled, executionTimeout: '2s' } },
      { id: 'hastyWrong', workflow: { type: 'notThere', executionTimeout: '2s' } },
      { id: 'nobody', workflow: { type: 'script', taskQueue: unpolled } },
      { id: 'calls', chain: only('script') },
      { id: 'callsHasty', chain: only('hasty') },
      { id: 'callsHastyWrong', chain: only('hastyWrong') },
      { id: 'limits', chain: only('nobody', { timeout: '1s' }) },
    ],
  });
}, 60_000);

const begin = async (agentId: string, send: SendMessageRequest = request('hi')): Promise<Task> => {
  const task = taskOf(await harness.bridge.sendMessage(immediate(send), harness.call(agentId)));
  cleanUpAfterAll(() =>
    handleOf(task.id)
      .terminate()
      .catch(() => {}),
  );
  return task;
};

const handleOf = (id: string) => harness.temporal.client.workflow.getHandle(id);

const childOf = ({ id }: Task) =>
  eventually(async () => (await handleOf(id).describe()).raw.pendingChildren?.[0]?.workflowId || undefined);

/** The Task once it has ended. */
const ended = (task: Task, agentId: string) =>
  eventually(
    async () => {
      const now = await harness.bridge.getTask({ id: task.id }, harness.call(agentId));
      return /FAILED|CANCELED/.test(now.status.state) && now;
    },
    { timeoutMs: 60_000 },
  );

const said = ({ status }: Task): string => (status.message === undefined ? '' : textOf(status.message));

/** A chain whose called task waits for a message. */
const waiting = async () => {
  const task = await begin('calls', scripted([{ working: 'on' }, { next: true }]));
  const child = await childOf(task);
  await eventually(async () =>
    (await handleOf(child).query<Task>('a2a_task')).status.state.endsWith('WORKING'),
  );
  return { task, child };
};

it('the reason with which an operator has terminated it', async () => {
  const { task, child } = await waiting();
  await handleOf(child).terminate('maintenance');
  expect(said(await ended(task, 'calls'))).toBe('only: script: The workflow was terminated: maintenance');
});

it('that it was deleted', async () => {
  const { task, child } = await waiting();
  const { client, namespace } = harness.temporal;
  await client.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: { workflowId: child },
  });
  expect(said(await ended(task, 'calls'))).toBe('only: script: The workflow was deleted.');
});

it('why it had not ended when its time was over: no worker', async () => {
  const task = await ended(await begin('callsHasty'), 'callsHasty');
  expect(said(task)).toBe(
    `only: hasty: The workflow timed out. No worker had taken its workflow task in the task queue "${unpolled}".`,
  );
});

it('why it had not ended when its time was over: its workflow task fails', async () => {
  const task = await ended(await begin('callsHastyWrong'), 'callsHastyWrong');
  expect(said(task)).toMatch(
    /^only: hastyWrong: The workflow timed out\. Its workflow task had failed: WorkflowWorkerUnhandledFailure: .*notThere.*\.$/,
  );
});

it('why a step has taken longer than it may', async () => {
  const task = await ended(await begin('limits'), 'limits');
  expect(said(task)).toBe(
    `only: it took longer than 1s; nobody: No worker polls the task queue "${unpolled}".`,
  );
}, 90_000);
