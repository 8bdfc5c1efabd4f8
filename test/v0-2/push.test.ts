import { randomUUID } from 'node:crypto';
import { type Receiver, startReceiver } from '../push/receiver';
import { eventually } from '../support/eventually';
import { type Harness, startHarness } from '../support/harness';
import { oldCaller, oldMessage } from './client';

let harness: Harness;
let receiver: Receiver;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'interview' }], push: true, app: true });
  receiver = await startReceiver();
}, 60_000);

afterAll(() => receiver.stop());

const states = () =>
  receiver.taken.map(({ json }) => (json as { status?: { state?: string } }).status?.state);

it('sends the task, by the name that the client gave it', async () => {
  const id = randomUUID();
  const { rpc } = oldCaller(harness.url);
  const config = {
    url: receiver.url,
    token: 'of mine',
    authentication: { schemes: ['Bearer'], credentials: 'in' },
  };
  await rpc('tasks/send', { id, message: oldMessage() });
  const set = await rpc('tasks/pushNotification/set', { id, pushNotificationConfig: config });
  expect(set.result).toMatchObject({ id, pushNotificationConfig: { url: receiver.url } });
  const got = await rpc('tasks/pushNotification/get', { id });
  expect(got.result).toMatchObject({ id, pushNotificationConfig: { url: receiver.url } });

  await rpc('tasks/send', { id, message: oldMessage('Ada') });
  await eventually(() => states().at(-1) === 'completed', { timeoutMs: 20_000 });
  const last = receiver.taken.at(-1);
  expect(last?.json).toMatchObject({
    id,
    status: { state: 'completed' },
    artifacts: [{ index: 0, parts: [{ type: 'text', text: 'Your name is Ada.' }] }],
  });
  expect(last?.headers).toMatchObject({ authorization: 'Bearer in', 'content-type': 'application/json' });
  expect(receiver.taken.every(({ json }) => (json as { id?: unknown }).id === id)).toBe(true);
}, 40_000);

it('begins with a send that asks for it', async () => {
  const id = randomUUID();
  const pushNotification = { url: receiver.url };
  await oldCaller(harness.url).rpc('tasks/send', { id, message: oldMessage(), pushNotification });
  await eventually(
    () =>
      receiver.taken.some(({ json }) => (json as { id?: unknown }).id === id) &&
      states().at(-1) === 'input-required',
    { timeoutMs: 20_000 },
  );
}, 40_000);

it('knows no config of a task that has none', async () => {
  const id = randomUUID();
  const { rpc } = oldCaller(harness.url);
  await rpc('tasks/send', { id, message: oldMessage() });
  expect((await rpc('tasks/pushNotification/get', { id })).error.code).toBe(-32001);
  const bad = { id, pushNotificationConfig: { url: 'file:///etc/passwd' } };
  expect((await rpc('tasks/pushNotification/set', bad)).error.code).toBe(-32602);
});
