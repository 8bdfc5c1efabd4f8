import type { SendMessageRequest } from '../../src/a2a/types';
import { pushWorkflowId } from '../../src/contract/push';
import { type Harness, immediate, message, scripted, startHarness, taskOf } from '../support/harness';
import { resetWorkflow, workflowTasksCompleted } from '../support/reset';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';
import { type Receiver, startReceiver, told } from './receiver';

let harness: Harness;
let receiver: Receiver;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }], push: true });
}, 60_000);

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(() => receiver.stop());

const call = () => harness.call('script');
const withPush = (request: SendMessageRequest): SendMessageRequest =>
  immediate({ ...request, configuration: { taskPushNotificationConfig: { url: receiver.url } } });

const begin = async (...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(withPush(scripted(steps)), call()));
const answer = (taskId: string, text: string) =>
  harness.bridge.sendMessage(immediate({ message: message(text, { taskId }) }), call());
const hears = (expected: string[]) =>
  eventually(() => expect(receiver.received.map(told)).toEqual(expected) ?? true, { timeoutMs: 25_000 });
const ended = (taskId: string) =>
  eventually(
    async () => {
      const status = await harness.bridge.getPushStatus({ taskId, id: taskId }, call());
      return status.state === 'delivered' && status;
    },
    { timeoutMs: 25_000 },
  );

it('follows a task that is reset, to its end', async () => {
  const { id } = await begin({ working: 'on' }, { pause: true }, { working: 'two' }, { next: true });
  await hears(['task submitted', 'working "on"', 'working "two"']);
  await resetWorkflow(harness.temporal.client, id);
  await hears(['task submitted', 'working "on"', 'working "two"', 'task working', 'working "two"']);
  await answer(id, 'hi');
  await hears([
    ...['task submitted', 'working "on"', 'working "two"', 'task working', 'working "two"'],
    ...['working "hi"', 'completed'],
  ]);
  const keys = receiver.received.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(keys.length);
  await ended(id);
});

it('is not told again of a question that was answered before the reset', async () => {
  const { id } = await begin({ ask: 'name?' }, { next: true });
  const before = ['task submitted', 'input_required "name?"'];
  await hears(before);
  await answer(id, 'Ada');
  await hears([...before, 'working']);
  await resetWorkflow(harness.temporal.client, id, { workflowTask: 0 });
  await hears([...before, 'working', 'task submitted', 'working']);
  await answer(id, 'go on');
  await hears([...before, 'working', 'task submitted', 'working', 'working "go on"', 'completed']);
  await ended(id);
});

it('goes on where it was when its own workflow is reset', async () => {
  const { id } = await begin({ working: 'on' }, { next: true }, { next: true });
  const before = ['task submitted', 'working "on"'];
  await hears(before);
  const workflowId = pushWorkflowId(id);
  await eventually(() => workflowTasksCompleted(harness.temporal.client, workflowId, 1));
  await saved(workflowId, before.length);
  await resetWorkflow(harness.temporal.client, workflowId, { workflowTask: 0 });
  await answer(id, 'one');
  await hears([...before, 'working "one"']);
  await saved(workflowId, before.length + 1);
  await resetWorkflow(harness.temporal.client, workflowId, { workflowTask: 0 });
  await answer(id, 'two');
  const all = [...before, 'working "one"', 'working "two"', 'completed'];
  await hears(all);
  expect(await ended(id)).toMatchObject({ delivered: all.length });

  await resetWorkflow(harness.temporal.client, workflowId, { workflowTask: 0 });
  expect(await ended(id)).toMatchObject({ delivered: all.length });
  await hears(all);
});

/** The heartbeat of the delivery tells of so many notifications. */
const saved = (workflowId: string, delivered: number) =>
  eventually(async () => {
    const { raw } = await harness.temporal.client.workflow.getHandle(workflowId).describe();
    const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
    return details?.length && JSON.parse(Buffer.from(details).toString()).delivered === delivered;
  });
