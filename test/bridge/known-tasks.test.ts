import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/a2a/types';
import { KnownTasks } from '../../src/bridge/known-tasks';
import type { TemporalCalls } from '../../src/bridge/temporal-calls';
import { type Harness, request, startHarness, taskOf } from '../support/harness';
import { eventually } from '../support/temporal';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'echo' }] });
}, 60_000);

afterEach(() => {
  jest.restoreAllMocks();
});

const owner = () => `owner-${randomUUID()}`;

/** Counts what is asked of Temporal from now on. */
function spyOnTemporal() {
  const { workflowService } = harness.temporal.client;
  const histories = jest.spyOn(workflowService, 'getWorkflowExecutionHistory');
  const descriptions = jest.spyOn(workflowService, 'describeWorkflowExecution');
  const queries = jest.spyOn(workflowService, 'queryWorkflow');
  return () => ({
    histories: histories.mock.calls.length,
    descriptions: descriptions.mock.calls.length,
    queries: queries.mock.calls.length,
  });
}

async function ended(call = harness.call('echo', owner())) {
  const { bridge } = harness;
  return { task: taskOf(await bridge.sendMessage(request('hello'), call)), call };
}

it('what a node has sent and seen end is not read again', async () => {
  const { task, call } = await ended();
  const asked = spyOnTemporal();
  expect(await harness.bridge.getTask({ id: task.id }, call)).toEqual(task);
  expect(asked()).toMatchObject({ histories: 0, queries: 0 });
});

it('another node reads a short history once', async () => {
  const { task, call } = await ended();
  const node = harness.newBridge();
  const asked = spyOnTemporal();
  for (let n = 0; n < 5; n++) expect(await node.getTask({ id: task.id }, call)).toEqual(task);
  expect(asked()).toMatchObject({ histories: 1, queries: 0 });
});

it('a list that is read again reads no histories', async () => {
  const { task, call } = await ended();
  await ended(call);
  const node = harness.newBridge();
  const list = await eventually(async () => {
    const { tasks } = await node.listTasks({}, call);
    return tasks.length === 2 && tasks;
  });
  const asked = spyOnTemporal();
  expect((await node.listTasks({}, call)).tasks).toEqual(list);
  expect(asked()).toEqual({ histories: 0, descriptions: 0, queries: 0 });
  expect(list.map(({ id }) => id)).toContain(task.id);
});

it('the end of a task is measured once, however often it is confirmed', async () => {
  let measured = 0;
  const toJSON = () => {
    measured += 1;
    return {};
  };
  const calls = { describeRun: async () => ({ runId: 'run' }) } as unknown as TemporalCalls;
  const ended = new KnownTasks(calls, 10_000);
  const end = { runId: 'run', task: { toJSON } as unknown as Task };
  ended.remember('task', end);
  for (let n = 0; n < 3; n++) expect(await ended.current('task', 0)).toMatchObject(end);
  expect(measured).toBe(1);
});

it('a node without a cache gives the same', async () => {
  const { task, call } = await ended();
  const node = harness.newBridge({ readCacheBytes: 0 });
  const asked = spyOnTemporal();
  for (let n = 0; n < 2; n++) expect(await node.getTask({ id: task.id }, call)).toEqual(task);
  expect(asked().histories).toBeGreaterThan(1);
});

it('a task that is deleted is not found', async () => {
  const { task, call } = await ended();
  const { workflowService, options } = harness.temporal.client;
  await workflowService.deleteWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId: task.id },
  });
  await eventually(
    async () => {
      const got = harness.bridge.getTask({ id: task.id }, call);
      const why = await got.then(
        () => undefined,
        ({ reason }: { reason?: string }) => reason,
      );
      return why === 'TASK_NOT_FOUND';
    },
    { timeoutMs: 60_000 },
  );
}, 90_000);

it('a task of another caller is not found, whatever the node remembers', async () => {
  const { task } = await ended();
  await expect(
    harness.bridge.getTask({ id: task.id }, harness.call('echo', 'somebody else')),
  ).rejects.toMatchObject({ reason: 'TASK_NOT_FOUND' });
});

it('many who subscribe to a task ask no worker', async () => {
  const { task, call } = await ended();
  const asked = spyOnTemporal();
  const refused = await Promise.allSettled(
    Array.from({ length: 20 }, () => harness.bridge.subscribeToTask({ id: task.id }, call)),
  );
  expect(refused.map(({ status }) => status)).toEqual(Array(20).fill('rejected'));
  expect(asked().queries).toBe(0);
});
