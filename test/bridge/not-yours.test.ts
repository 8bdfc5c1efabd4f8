import { randomUUID } from 'node:crypto';
import type { TaskBridge } from '../../src/bridge/bridge';
import type { CallContext } from '../../src/bridge/types';
import { type CountedTemporal, countCalls } from '../support/calls';
import { type Harness, message, request, scripted, startHarness, taskOf } from '../support/harness';
import { connectTestTemporal } from '../support/temporal';

/** What a node asks of Temporal does not tell whether a task exists that its caller may not see. */

let harness: Harness;
let temporal: CountedTemporal;

beforeAll(async () => {
  temporal = countCalls(await connectTestTemporal());
  harness = await startHarness({ temporal, agents: [{ id: 'script' }, { id: 'echo' }], push: true });
}, 60_000);

const url = 'http://127.0.0.1:9/hook';
const OPERATIONS: [string, (node: TaskBridge, id: string, call: CallContext) => Promise<unknown>][] = [
  ['GetTask', (node, id, call) => node.getTask({ id }, call)],
  ['CancelTask', (node, id, call) => node.cancelTask({ id }, call)],
  ['SubscribeToTask', (node, id, call) => node.subscribeToTask({ id }, call)],
  [
    'SubscribeToTask with a position',
    (node, id, call) => node.subscribeToTask({ id }, call, `${randomUUID()}:1`),
  ],
  ['SendMessage', (node, taskId, call) => node.sendMessage({ message: message('hi', { taskId }) }, call)],
  [
    'SendMessage with a webhook',
    (node, taskId, call) =>
      node.sendMessage(
        {
          message: message('hi', { taskId }),
          configuration: { taskPushNotificationConfig: { url }, returnImmediately: true },
        },
        call,
      ),
  ],
  [
    'SendStreamingMessage',
    (node, taskId, call) => node.sendStreamingMessage({ message: message('hi', { taskId }) }, call),
  ],
  [
    'CreateTaskPushNotificationConfig',
    (node, taskId, call) => node.createTaskPushNotificationConfig({ taskId, url }, call),
  ],
  [
    'GetTaskPushNotificationConfig',
    (node, taskId, call) => node.getTaskPushNotificationConfig({ taskId, id: taskId }, call),
  ],
  [
    'ListTaskPushNotificationConfigs',
    (node, taskId, call) => node.listTaskPushNotificationConfigs({ taskId }, call),
  ],
  [
    'DeleteTaskPushNotificationConfig',
    (node, taskId, call) => node.deleteTaskPushNotificationConfig({ taskId, id: taskId }, call),
  ],
  ['the status of a delivery', (node, taskId, call) => node.getPushStatus({ taskId, id: taskId }, call)],
  ['the dialect of a task', (node, id, call) => node.dialectOf(id, call)],
];

/** What it asks of Temporal, three times one after the other. */
async function asked(run: () => Promise<unknown>): Promise<string[][]> {
  const calls: string[][] = [];
  for (let time = 1; time <= 3; time++) {
    const before = temporal.order.length;
    await expect(run()).rejects.toMatchObject({ reason: 'TASK_NOT_FOUND' });
    calls.push(temporal.order.slice(before).filter((name) => name !== 'getSystemInfo'));
  }
  return calls;
}

const TASKS: [string, () => Promise<string>][] = [
  [
    'waits',
    async () => {
      const send = {
        ...scripted([{ ask: 'more?' }]),
        configuration: { taskPushNotificationConfig: { url } },
      };
      return taskOf(await harness.bridge.sendMessage(send, harness.call('script'))).id;
    },
  ],
  ['has ended', async () => taskOf(await harness.bridge.sendMessage(request('hi'), harness.call('echo'))).id],
  [
    'is no task',
    async () => {
      const workflowId = randomUUID();
      const { taskQueue } = harness;
      await temporal.client.workflow.start('plainWaiter', { taskQueue, workflowId, args: [{}] });
      return workflowId;
    },
  ],
];

describe.each(OPERATIONS)('%s', (_operation, run) => {
  it.each(TASKS)(
    'of a task of others that %s asks what it asks of none',
    async (_what, make) => {
      const theirs = await make();
      for (const call of [harness.call('script', 'ben'), harness.call('echo', 'ben')]) {
        const cold = harness.newBridge();
        const none = await asked(() => run(cold, randomUUID(), call));
        expect(none[0]).toContain('getWorkflowExecutionHistory');
        expect(await asked(() => run(cold, theirs, call))).toEqual(none);
        // The node on which the task was made.
        expect(await asked(() => run(harness.bridge, theirs, call))).toEqual(none);
      }
    },
    60_000,
  );
});

it('a node that was asked by others finds the task for its owner', async () => {
  const id = await (TASKS[0]?.[1] ?? randomUUID)();
  const node = harness.newBridge();
  await asked(() => node.getTask({ id }, harness.call('script', 'ben')));
  expect(await node.getTask({ id }, harness.call('script'))).toMatchObject({ id });
  await asked(() => node.getTask({ id }, harness.call('script', 'ben')));
});
