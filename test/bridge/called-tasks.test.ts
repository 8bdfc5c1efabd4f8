import { randomUUID } from 'node:crypto';
import { textOf } from '../../src/a2a/parts';
import type { Task } from '../../src/a2a/types';
import type { BridgeLogger } from '../../src/bridge/temporal-calls';
import {
  type Harness,
  immediate,
  inShort,
  readNext,
  readUntil,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { cleanUpAfterAll, eventually, randomTaskQueue } from '../support/temporal';

/** Tasks that wait for a called task which makes no progress. */

const unpolled = randomTaskQueue();
const logged: Record<string, unknown>[] = [];
const logger = {
  info: () => {},
  warn: (fields: Record<string, unknown>) => void logged.push(fields),
} as unknown as BridgeLogger;

const chainOf = (agent: string) => ({ steps: [{ name: 'only', agent }] });

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'nobody', workflow: { type: 'script', taskQueue: unpolled } },
      { id: 'waits', chain: chainOf('nobody') },
      { id: 'outer', chain: chainOf('waits') },
      { id: 'calls', chain: chainOf('script') },
    ],
    bridge: { logger },
  });
}, 60_000);

const begin = async (agentId: string, send = request('hi')): Promise<Task> => {
  const task = taskOf(await harness.bridge.sendMessage(immediate(send), harness.call(agentId)));
  cleanUpAfterAll(() =>
    handleOf(task.id)
      .terminate()
      .catch(() => {}),
  );
  return task;
};

const get = ({ id }: Task, agentId: string) => harness.bridge.getTask({ id }, harness.call(agentId));

const said = ({ status }: Task): string => (status.message === undefined ? '' : textOf(status.message));

const handleOf = (id: string) => harness.temporal.client.workflow.getHandle(id);

/** ID of the workflow that a task has started. */
const childOf = ({ id }: Task) =>
  eventually(async () => (await handleOf(id).describe()).raw.pendingChildren?.[0]?.workflowId || undefined);

const endsWith = (task: Task, agentId: string, words: string) =>
  eventually(
    async () => {
      const now = await get(task, agentId);
      return said(now).endsWith(words) && now;
    },
    { timeoutMs: 30_000 },
  );

const noWorker = (taskId: string) =>
  `The called agent "nobody" makes no progress in its task ${taskId}. No worker polls the task queue "${unpolled}".`;

it('GetTask of a chain says which called agent makes no progress, and why', async () => {
  const task = await begin('waits');
  const now = await endsWith(task, 'waits', noWorker(await childOf(task)));
  expect(now.status.state).toBe('TASK_STATE_WORKING');
  expect(said(now)).toMatch(/^only started\n/);
  expect(logged.filter(({ taskId }) => taskId === task.id)).toEqual([
    expect.objectContaining({
      agent: 'waits',
      taskQueue: unpolled,
      reason: expect.stringContaining('nobody'),
    }),
  ]);
});

it('the same through a chain that calls it', async () => {
  const task = await begin('outer');
  const inner = { id: await childOf(task) } as Task;
  await endsWith(task, 'outer', noWorker(await childOf(inner)));
});

it('a blocking send answers with the chain as it stands, and a stream tells of it', async () => {
  const { bridge } = harness;
  const answer = taskOf(await bridge.sendMessage(request('hi'), harness.call('waits')));
  expect(answer.status.state).toBe('TASK_STATE_WORKING');
  expect(said(answer)).toContain(noWorker(await childOf(answer)));
  const stream = await bridge.subscribeToTask({ id: answer.id }, harness.call('waits'));
  await readNext(stream);
  const told = await readUntil(stream, ({ statusUpdate }) => statusUpdate !== undefined);
  expect(inShort(told)).toContain('No worker polls');
  await stream.return();
  await handleOf(answer.id).terminate();
}, 60_000);

it('GetTask of a chain says that the called task is paused, until it goes on', async () => {
  const task = await begin('calls', scripted([{ working: 'on' }, { next: true }, { complete: {} }]));
  const child = await childOf(task);
  await eventually(async () =>
    (await handleOf(child).query<Task>('a2a_task')).status.state.endsWith('WORKING'),
  );
  // Temporal fails a workflow task that is waiting for a worker, and the SDK cannot read that history.
  await eventually(async () => !(await handleOf(child).describe()).raw.pendingWorkflowTask);
  const { workflowService } = harness.temporal.client;
  const { namespace } = harness.temporal;
  const common = { namespace, workflowId: child, identity: 'an operator' };
  await workflowService.pauseWorkflowExecution({ ...common, reason: 'lunch', requestId: randomUUID() });
  const words = `The called agent "script" makes no progress in its task ${child}. The workflow is paused: lunch`;
  await endsWith(task, 'calls', words);
  // That is nothing to warn of.
  expect(logged.filter(({ taskId }) => taskId === task.id)).toEqual([]);
  await workflowService.unpauseWorkflowExecution({ ...common, reason: 'back', requestId: randomUUID() });
  await endsWith(task, 'calls', 'on');
}, 60_000);

it('a task that has called none is asked about once in a while', async () => {
  const task = await begin('script', scripted([{ working: 'on' }, { next: true }]));
  const { workflowService } = harness.temporal.client;
  const describe = jest.spyOn(workflowService, 'describeWorkflowExecution');
  await eventually(async () => {
    await get(task, 'script');
    return describe.mock.calls.length > 0;
  });
  const before = describe.mock.calls.length;
  for (let each = 0; each < 10; each++) await get(task, 'script');
  expect(describe).toHaveBeenCalledTimes(before);
  describe.mockRestore();
});
