import { randomUUID } from 'node:crypto';
import { WorkflowFlags } from '../../src/workflows/flags';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  eventually,
  randomTaskQueue,
  startTestWorker,
  type TestTemporal,
} from '../support/temporal';

let temporal: TestTemporal;

beforeAll(async () => {
  temporal = await connectTestTemporal();
});

/** Starts a `flagged` workflow, which asks for its flag, waits for the signal `release`, and asks again. */
async function startFlagged(taskQueue: string) {
  const handle = await temporal.client.workflow.start('flagged', { taskQueue, workflowId: randomUUID() });
  cleanUpAfterAll(() => handle.terminate().catch(() => {}));
  return handle;
}

it('are of IDs that nobody else uses, each once', () => {
  const ids = Object.values<{ id: string }>(WorkflowFlags).map(({ id }) => id);
  expect(ids.filter((id) => !/^temporal-a2a\/[a-z0-9-]+$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

it('leave a run as it began, whatever worker takes it over', async () => {
  const { connection } = temporal;
  const taskQueue = randomTaskQueue();
  // As a release without the flag: nothing in the history tells of it.
  const before = await startTestWorker({ connection, taskQueue, patchActivationCallback: () => false });
  const old = await startFlagged(taskQueue);
  await eventually(async () => (await old.query<boolean[]>('decisions')).length === 1);
  await before.stop();
  await startTestWorker({ connection, taskQueue });
  const fresh = await startFlagged(taskQueue);
  await Promise.all([old.signal('release'), fresh.signal('release')]);
  expect(await old.result()).toEqual([false, false]);
  expect(await fresh.result()).toEqual([true, true]);
});
