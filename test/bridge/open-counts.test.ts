import type { CallContext } from '../../src/bridge/types';
import { eventually } from '../support/eventually';
import { type Harness, startHarness } from '../support/harness';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'holder', workflow: { type: 'interview' } },
      { id: 'busy', workflow: { type: 'interview' }, quotas: { total: { openTasks: 1 } } },
      { id: 'echo' },
    ],
    push: true,
    bridge: { quotas: { openTasks: 2, webhooks: 1 } },
  });
});

let lastOwner = 0;
const newOwner = () => `owner ${++lastOwner}`;

let lastMessage = 0;
const message = () => ({
  messageId: `m${++lastMessage}`,
  role: 'ROLE_USER' as const,
  parts: [{ text: 'hi' }],
});

/** Until there is a place: Temporal's visibility is a little behind. */
async function startable(call: CallContext, bridge = harness.bridge) {
  let taskId = '';
  await eventually(async () => {
    try {
      taskId = await start(call, bridge);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ reason: 'RESOURCE_EXHAUSTED' });
      return false;
    }
  });
  return taskId;
}

async function start(call: CallContext, bridge = harness.bridge, sent = message(), more = {}) {
  const answer = await bridge.sendMessage(
    { message: sent, configuration: { returnImmediately: true, ...more } },
    call,
  );
  if (!('task' in answer) || answer.task === undefined) throw new Error('no task');
  return answer.task.id;
}

const refusal = (text: string, quota = 'openTasks') =>
  expect.objectContaining({
    reason: 'RESOURCE_EXHAUSTED',
    message: text,
    headers: { 'Retry-After': '5' },
    metadata: expect.objectContaining({ quota }),
  });

it('a caller has as many open tasks as its limit, and another one when one of them has ended', async () => {
  const call = harness.call('holder', newOwner());
  const first = message();
  const id = await start(call, harness.bridge, first);
  await start(call);
  await expect(start(call)).rejects.toEqual(refusal('You have 2 tasks open, and 2 is the limit'));
  await expect(start(harness.call('echo', call.owner))).rejects.toEqual(
    refusal('You have 2 tasks open, and 2 is the limit'),
  );
  await start(harness.call('holder', newOwner()));
  // One that was sent before makes nothing new, and neither does an answer.
  expect(await start(call, harness.bridge, first)).toBe(id);
  await eventually(
    async () => (await harness.bridge.getTask({ id }, call)).status.state === 'TASK_STATE_INPUT_REQUIRED',
  );
  await harness.bridge.sendMessage(
    { message: { ...message(), taskId: id }, configuration: { returnImmediately: true } },
    call,
  );
  await startable(call);
});

it('a caller that waits for the end of each task is never at its limit', async () => {
  const call = harness.call('echo', newOwner());
  for (let sends = 0; sends < 8; sends++) {
    const answer = await harness.bridge.sendMessage({ message: message() }, call);
    expect(answer).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });
  }
});

it('what another node has started counts as well', async () => {
  const call = harness.call('holder', newOwner());
  const other = harness.newBridge();
  await start(call);
  await start(call);
  // The other node has not counted this caller before.
  await eventually(async () => {
    const tasks = await other.listTasks({}, call);
    return tasks.totalSize === 2;
  });
  await expect(start(call, other)).rejects.toEqual(refusal('You have 2 tasks open, and 2 is the limit'));
});

it('many sends at once do not slip through', async () => {
  const call = harness.call('holder', newOwner());
  const sent = await Promise.allSettled(Array.from({ length: 12 }, () => start(call)));
  expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
});

it('an agent has a limit for all its callers', async () => {
  await start(harness.call('busy', newOwner()));
  await expect(start(harness.call('busy', newOwner()))).rejects.toEqual(
    refusal('The agent busy has 1 tasks open, and 1 is the limit'),
  );
});

it('tasks with webhooks are counted apart', async () => {
  const call = harness.call('holder', newOwner());
  const taskPushNotificationConfig = { url: 'http://127.0.0.1:1/hook' };
  await start(call, harness.bridge, message(), { taskPushNotificationConfig });
  const sent = message();
  const second = await start(call, harness.bridge, sent);
  const refused = refusal('You have 1 tasks with webhooks, and 1 is the limit', 'webhooks');
  await expect(
    harness.bridge.createTaskPushNotificationConfig({ taskId: second, ...taskPushNotificationConfig }, call),
  ).rejects.toEqual(refused);
  // The message again, now with a webhook.
  await expect(start(call, harness.bridge, sent, { taskPushNotificationConfig })).rejects.toEqual(refused);
});
