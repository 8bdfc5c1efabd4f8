import { CallbackInbox } from '../../src/bridge/callbacks';
import { eventually } from '../support/eventually';
import { type Harness, immediate, message, request, startHarness, taskOf } from '../support/harness';
import { connectTestTemporal } from '../support/temporal';

/** A bridge whose agents are called by another one, which waits by webhook. */
let called: Harness;
let calling: Harness;

beforeAll(async () => {
  const temporal = await connectTestTemporal();
  called = await startHarness({ temporal, agents: [{ id: 'interview' }], push: true, app: true });
  const callback = { baseUrl: '', secret: 'a secret of sixteen characters or more' };
  calling = await startHarness({
    temporal,
    agents: [{ id: 'front', proxy: { url: `${called.url}/a2a/interview`, waiting: 'webhook' } }],
    // Only a callback, never a look by itself, brings the call on.
    remote: { callback, waiting: { webhook: { firstMs: 3_600_000, mostMs: 3_600_000 } } },
    app: { callbacks: new CallbackInbox(temporal.client, callback.secret) },
  });
  callback.baseUrl = calling.url;
}, 60_000);

it('a call that waits by webhook is called back by our own push notifications', async () => {
  const call = calling.call('front');
  const { id } = taskOf(await calling.bridge.sendMessage(immediate(request('Hello')), call));
  const state = async () => (await calling.bridge.getTask({ id }, call)).status.state;
  await eventually(async () => (await state()) === 'TASK_STATE_INPUT_REQUIRED', { timeoutMs: 25_000 });
  await calling.bridge.sendMessage(immediate({ message: message('Ada', { taskId: id }) }), call);
  await eventually(async () => (await state()) === 'TASK_STATE_COMPLETED', { timeoutMs: 25_000 });
}, 90_000);
