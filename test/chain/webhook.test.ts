import { CallbackInbox } from '../../src/bridge/callbacks';
import { type RawAgent, rawCard, startRawAgent, status } from '../remote/raw-agent';
import type { CallPlan } from '../support/calling-workflows';
import { eventually } from '../support/eventually';
import { type Harness, immediate, message, request, startHarness, taskOf } from '../support/harness';
import { connectTestTemporal } from '../support/temporal';

const SECRET = 'a secret of sixteen characters or more';

/** A remote agent that takes its time, and calls back. */
let agent: RawAgent;
let harness: Harness;
let state: string;
/** Of the task there. */
let question: string;

beforeAll(async () => {
  agent = await startRawAgent();
  agent.card = rawCard(`${agent.url}/rpc`, { capabilities: { pushNotifications: true } });
  agent.answer = ({ method }, reply) => {
    if (method === 'CancelTask') state = 'TASK_STATE_CANCELED';
    const task = { id: 'there', contextId: 'c', status: { ...status('', question), state } };
    reply.result(method === 'SendMessage' ? { task } : task);
  };
  const temporal = await connectTestTemporal();
  const callback = { baseUrl: '', secret: SECRET };
  harness = await startHarness({
    temporal,
    agents: [
      { id: 'caller' },
      { id: 'script' },
      { id: 'front', proxy: { url: agent.url, waiting: 'webhook' } },
      { id: 'hasty', proxy: { url: agent.url, waiting: 'webhook', timeout: '1s' } },
    ],
    remote: { callback },
    app: { callbacks: new CallbackInbox(temporal.client, SECRET) },
  });
  callback.baseUrl = harness.url;
}, 60_000);

beforeEach(() => {
  agent.requests.length = 0;
  state = 'TASK_STATE_WORKING';
  question = 'first?';
});

const notify = (url: string, token: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/a2a+json', 'X-A2A-Notification-Token': token },
    body: '{"statusUpdate":{}}',
  });

const methods = () => agent.requests.map(({ method }) => method);

/** Starts a call and gives the push config that the agent was asked to use. */
async function startCall() {
  const task = taskOf(await harness.bridge.sendMessage(immediate(request('hi')), harness.call('front')));
  await eventually(() => methods().length === 1);
  const { configuration } = (agent.requests[0]?.params ?? {}) as unknown as {
    configuration: { taskPushNotificationConfig: { url: string; token: string } };
  };
  return { task, ...configuration.taskPushNotificationConfig };
}

it('a call sleeps until it is called back, and then looks for itself', async () => {
  const { task, url, token } = await startCall();
  expect(url.startsWith(`${harness.url}/a2a/callbacks/${task.id}/`)).toBe(true);

  expect((await notify(url, token)).status).toBe(200);
  await eventually(() => methods().length === 2);
  const { status } = await harness.bridge.getTask({ id: task.id }, harness.call('front'));
  expect(status.state).not.toBe('TASK_STATE_COMPLETED');

  state = 'TASK_STATE_COMPLETED';
  expect((await notify(url, token)).status).toBe(200);
  await eventually(async () => {
    const done = await harness.bridge.getTask({ id: task.id }, harness.call('front'));
    return done.status.state === 'TASK_STATE_COMPLETED';
  });
  expect(methods()).toEqual(['SendMessage', 'GetTask', 'GetTask']);
  // What comes after the end finds nobody.
  expect((await notify(url, token)).status).toBe(404);
});

it('no token but the right one wakes a call, and none is in the history', async () => {
  const { task, url, token } = await startCall();
  const other = url.replace(task.id, '0f5f2f2e-3c1e-4a5e-9d0a-6f1f7d3c2b1a');
  for (const [where, what] of [
    [url, ''],
    [url, `${token}x`],
    [url, token.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'))],
    [other, token],
    [`${harness.url}/a2a/callbacks/x/y`, token],
  ] as const) {
    const response = await notify(where, what);
    expect([response.status, await response.json()]).toMatchObject([404, { error: { status: 'NOT_FOUND' } }]);
  }
  const handle = harness.temporal.client.workflow.getHandle(task.id);
  expect(JSON.stringify(await handle.fetchHistory())).not.toContain(Buffer.from(token).toString('base64'));

  state = 'TASK_STATE_COMPLETED';
  expect((await notify(url, token)).status).toBe(200);
  await handle.result();
  expect(methods()).toEqual(['SendMessage', 'GetTask']);
});

it.each([
  ['asleep', 'TASK_STATE_WORKING'],
  ['waiting for its client', 'TASK_STATE_INPUT_REQUIRED'],
])('a call that is cancelled while it is %s cancels the task there', async (_, remote) => {
  state = remote;
  const { task } = await startCall();
  await eventually(async () => {
    const { status } = await harness.bridge.getTask({ id: task.id }, harness.call('front'));
    const { raw } = await harness.temporal.client.workflow.getHandle(task.id).describe();
    return remote === status.state || (raw.pendingActivities ?? []).length === 0;
  });
  const canceled = await harness.bridge.cancelTask({ id: task.id }, harness.call('front'));
  expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
  expect(methods()).toContain('CancelTask');
});

it('a call that is cancelled in the moment that it is called back cancels the task there', async () => {
  const { task, url, token } = await startCall();
  const handle = harness.temporal.client.workflow.getHandle(task.id);
  await eventually(async () => {
    const { raw } = await handle.describe();
    return (raw.pendingActivities ?? []).length === 0;
  });
  await harness.worker?.stop();
  expect((await notify(url, token)).status).toBe(200);
  await handle.cancel();
  await harness.startWorker();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(methods()).toContain('CancelTask');
});

it('an answer that the agent has not read yet is waited for, and the question not repeated', async () => {
  state = 'TASK_STATE_INPUT_REQUIRED';
  const { task, url, token } = await startCall();
  const shown = () => harness.bridge.getTask({ id: task.id }, harness.call('front'));
  const asks = async (what: string) => {
    const { status: now } = await shown();
    return now.state === 'TASK_STATE_INPUT_REQUIRED' && now.message?.parts[0]?.text === what && now;
  };
  const first = await eventually(() => asks('first?'));
  const answer = { message: message('yes', { taskId: task.id }) };
  await harness.bridge.sendMessage(immediate(answer), harness.call('front'));
  await eventually(() => methods().filter((method) => method === 'SendMessage').length === 2);
  // Notifies late of what was before.
  expect((await notify(url, token)).status).toBe(200);
  await eventually(() => methods().at(-1) === 'GetTask');
  await eventually(async () => {
    const { raw } = await harness.temporal.client.workflow.getHandle(task.id).describe();
    return (raw.pendingActivities ?? []).length === 0 && raw.pendingWorkflowTask == null;
  });
  expect((await shown()).status.state).toBe('TASK_STATE_WORKING');
  question = 'second?';
  expect((await notify(url, token)).status).toBe(200);
  const second = await eventually(() => asks('second?'));
  expect(second.message?.messageId).not.toBe(first.message?.messageId);
  state = 'TASK_STATE_COMPLETED';
  const last = { message: message('yes again', { taskId: task.id }) };
  const done = taskOf(await harness.bridge.sendMessage(last, harness.call('front')));
  expect(done.status.state).toBe('TASK_STATE_COMPLETED');
});

describe('a call beside others that end sooner cancels the task there', () => {
  const call = () => ({ to: agent.url, say: 'hi', options: { waiting: 'webhook' as const } });
  const start = async (plan: CallPlan) => {
    const send = immediate(request([{ data: plan as never }]));
    const { id } = taskOf(await harness.bridge.sendMessage(send, harness.call('caller')));
    const handle = harness.temporal.client.workflow.getHandle(id);
    await eventually(async () => {
      const { raw } = await handle.describe();
      return methods().length === 1 && (raw.pendingActivities ?? []).length === 0;
    });
    return handle;
  };

  it('because their caller is cancelled', async () => {
    const handle = await start({ calls: [call()], atOnce: true, waits: true });
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(methods()).toContain('CancelTask');
  });

  it('because their scope is cancelled', async () => {
    const handle = await start({ calls: [call()], atOnce: true, waits: true, within: 1_000 });
    await expect(handle.result()).rejects.toThrow();
    expect(methods()).toContain('CancelTask');
  });

  it('because one has failed, and their caller with it', async () => {
    const say = [{ data: { steps: [{ wait: 1_000 }, { fail: 'no luck' }] } as never }];
    const handle = await start({ calls: [call(), { to: 'script', say }], atOnce: true });
    await expect(handle.result()).rejects.toMatchObject({ cause: { message: 'script: no luck' } });
    expect(methods()).toContain('CancelTask');
  });
});

it('a call is given up when its time is over, and the task there is cancelled', async () => {
  const { status } = taskOf(await harness.bridge.sendMessage(request('hi'), harness.call('hasty')));
  expect([status.state, status.message?.parts[0]?.text]).toEqual([
    'TASK_STATE_FAILED',
    'The remote agent has not ended within 1s',
  ]);
  expect(methods()).toContain('CancelTask');
});
