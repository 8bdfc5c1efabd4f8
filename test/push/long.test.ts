import { pushWorkflowId } from '../../src/contract/push';
import { eventually } from '../support/eventually';
import { type Harness, message, scripted, startHarness, taskOf } from '../support/harness';
import { startReceiver, told } from './receiver';

const STEPS = [{ working: 'on' }, { ask: 'more?' }, { complete: {} }];
const ALL = ['task submitted', 'working "on"', 'input_required "more?"', 'working', 'completed'];

async function startTask(harness: Harness, url: string): Promise<string> {
  const configuration = { taskPushNotificationConfig: { url } };
  const send = { ...scripted(STEPS), configuration };
  return taskOf(await harness.bridge.sendMessage(send, harness.call('script'))).id;
}

it('a task that is quiet for long gets a longer heartbeat, and is still told of', async () => {
  const times = { quietAfter: 200, quietHeartbeat: 3_600_000 };
  const harness = await startHarness({ agents: [{ id: 'script' }], push: { times } });
  const receiver = await startReceiver();
  const id = await startTask(harness, receiver.url);
  const { workflow } = harness.temporal.client;
  const heartbeats = async () =>
    ((await workflow.getHandle(pushWorkflowId(id)).fetchHistory()).events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes: scheduled }) =>
        scheduled ? [Number(scheduled.heartbeatTimeout?.seconds)] : [],
    );
  await eventually(async () => (await heartbeats()).length === 2);
  expect(await heartbeats()).toEqual([30, 3_600]);
  await harness.bridge.sendMessage({ message: message('yes', { taskId: id }) }, harness.call('script'));
  await eventually(() => receiver.taken.map(told).at(-1) === 'completed');
  expect(receiver.taken.map(told)).toEqual(ALL);
});

it('a delivery whose history has grown long goes on as new, where it was', async () => {
  const times = { heartbeat: 500 };
  const harness = await startHarness({ agents: [{ id: 'script' }], push: { times, maxEvents: 30 } });
  const receiver = await startReceiver();
  const { bridge } = harness;
  const call = harness.call('script');
  const taskId = await startTask(harness, receiver.url);
  await eventually(() => receiver.taken.length === 3);
  const handle = harness.temporal.client.workflow.getHandle(pushWorkflowId(taskId));
  const { runId } = await handle.describe();
  for (let index = 0; index < 4; index++) {
    await bridge.createTaskPushNotificationConfig(
      { taskId, id: 'other', url: `${receiver.url}/other` },
      call,
    );
    await bridge.deleteTaskPushNotificationConfig({ taskId, id: 'other' }, call);
  }
  await eventually(async () => (await handle.describe()).runId !== runId);
  const { configs } = await bridge.listTaskPushNotificationConfigs({ taskId }, call);
  expect(configs.map(({ id }) => id)).toEqual([taskId]);
  await bridge.sendMessage({ message: message('yes', { taskId }) }, call);
  await eventually(() => receiver.taken.map(told).at(-1) === 'completed');
  expect(receiver.taken.map(told)).toEqual(ALL);
});
