import { textOf } from '../../src/a2a/parts';
import type { Task } from '../../src/a2a/types';
import { createActivities } from '../../src/activities';
import { type Harness, immediate, request, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, eventually, randomTaskQueue, startTestWorker } from '../support/temporal';

/** Cancel Task of a caller whose called task no worker has begun: neither is left behind. */

const unpolled = randomTaskQueue();
let harness: Harness;

const only = (agent: string) => ({ steps: [{ name: 'only', agent }] });

const agents = () => [
  { id: 'nobody', workflow: { type: 'script', taskQueue: unpolled } },
  { id: 'nobodyPlain', workflow: { type: 'script', taskQueue: unpolled, input: 'text' as const } },
  { id: 'missing', workflow: { type: 'notThere' } },
  { id: 'callsNobody', chain: only('nobody') },
  { id: 'callsPlain', chain: only('nobodyPlain') },
  { id: 'callsMissing', chain: only('missing') },
  { id: 'callsCaller', chain: only('callsNobody') },
];

beforeAll(async () => {
  harness = await startHarness({ agents: agents() });
}, 60_000);

const handleOf = (of: Harness, id: string) => of.temporal.client.workflow.getHandle(id);

/** Terminates it at the end of the test file, whatever has become of it. */
const owned = (of: Harness, id: string) => {
  cleanUpAfterAll(() =>
    handleOf(of, id)
      .terminate()
      .catch(() => {}),
  );
  return id;
};

const begin = async (of: Harness, agentId: string): Promise<Task> => {
  const task = taskOf(await of.bridge.sendMessage(immediate(request('hi')), of.call(agentId)));
  owned(of, task.id);
  return task;
};

const childOf = async (of: Harness, id: string): Promise<string> => {
  const pending = async () => (await handleOf(of, id).describe()).raw.pendingChildren?.[0]?.workflowId;
  return owned(of, await eventually(async () => (await pending()) || undefined));
};

const canceled = (of: Harness, id: string, agentId: string) =>
  eventually(
    async () => {
      const task = await of.bridge.getTask({ id }, of.call(agentId));
      return task.status.state === 'TASK_STATE_CANCELED' && task;
    },
    { timeoutMs: 60_000 },
  );

it.each([
  ['callsNobody', 'nobody'],
  ['callsPlain', 'nobodyPlain'],
  ['callsMissing', 'missing'],
])(
  'cancels both (%s)',
  async (caller, called) => {
    const { id } = await begin(harness, caller);
    const child = await childOf(harness, id);
    await harness.bridge.cancelTask({ id }, harness.call(caller));
    await canceled(harness, id, caller);
    const { status } = await canceled(harness, child, called);
    expect(textOf(status.message ?? { parts: [] })).toBe(
      'The task was canceled before a worker had begun it.',
    );
  },
  90_000,
);

it('cancels all of them when the caller is called itself', async () => {
  const { id } = await begin(harness, 'callsCaller');
  const child = await childOf(harness, id);
  const grandchild = await childOf(harness, child);
  await harness.bridge.cancelTask({ id }, harness.call('callsCaller'));
  await canceled(harness, id, 'callsCaller');
  await canceled(harness, child, 'callsNobody');
  await canceled(harness, grandchild, 'nobody');
}, 90_000);

it('cancels the caller with a worker that cannot end the called task', async () => {
  const old = await startHarness({ agents: agents(), withoutWorker: true });
  const { endUnbegunTask: _, ...activities } = createActivities({ agents: old.agents });
  const { connection } = old.temporal;
  await startTestWorker({ connection, taskQueue: old.taskQueue, activities });
  const { id } = await begin(old, 'callsNobody');
  const child = await childOf(old, id);
  await old.bridge.cancelTask({ id }, old.call('callsNobody'));
  await canceled(old, id, 'callsNobody');
  expect((await old.bridge.getTask({ id: child }, old.call('nobody'))).status.state).toBe(
    'TASK_STATE_SUBMITTED',
  );
}, 120_000);
