import { once } from 'node:events';
import { buildCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { type Harness, scripted, startHarness, taskOf } from '../support/harness';
import { startPushProcess } from './push-process';
import { startReceiver, told } from './receiver';

let harness: Harness;

beforeAll(async () => {
  await buildCli();
  harness = await startHarness({
    withoutWorker: true,
    agents: [{ id: 'script' }],
    push: { times: { heartbeat: 2_000 } },
  });
  await harness.startWorker();
}, 120_000);

const startProcess = () => startPushProcess(harness);

it('a worker that is killed in the middle loses nothing, and the next one keeps the order', async () => {
  const receiver = await startReceiver();
  const first = await startProcess();
  const ended = once(first, 'exit');
  let killed = false;
  receiver.answer = (_notification, response) => {
    // The receiver has taken it, and the worker does not live to hear so.
    if (!killed && receiver.received.length === 5) {
      killed = true;
      first.kill('SIGKILL');
      return;
    }
    response.writeHead(200).end();
  };
  const texts = Array.from({ length: 8 }, (_, index) => `${index}`);
  const send = scripted([{ chunks: { artifactId: 'a', texts } }, { complete: {} }]);
  const configuration = { taskPushNotificationConfig: { url: receiver.url } };
  const { id } = taskOf(await harness.bridge.sendMessage({ ...send, configuration }, harness.call('script')));
  await ended;
  await startProcess();
  await eventually(() => receiver.taken.map(told).at(-1) === 'completed', { timeoutMs: 40_000 });

  const all = [
    'task submitted',
    ...texts.map((text, index) => `artifact a${index === 0 ? '' : '+'} "${text}"`),
    'completed',
  ];
  const keys = receiver.received.map(({ headers }) => String(headers['idempotency-key']));
  const once_ = receiver.received.filter((_, index) => keys.indexOf(String(keys[index])) === index);
  expect(once_.map(told)).toEqual(all);
  // What comes again comes at once: nothing that is older than what the receiver has last seen.
  expect(receiver.received.length).toBeGreaterThan(all.length);
  expect(receiver.received.filter((_, index) => keys[index] !== keys[index - 1]).map(told)).toEqual(all);
  await eventually(async () => {
    const status = await harness.bridge.getPushStatus({ taskId: id, id }, harness.call('script'));
    return status.state === 'delivered';
  });
}, 90_000);

it('what a task costs does not grow with what there is to tell', async () => {
  const receiver = await startReceiver();
  const texts = Array.from({ length: 100 }, (_, index) => `${index}`);
  const send = scripted([{ chunks: { artifactId: 'a', texts } }, { complete: {} }]);
  const configuration = { taskPushNotificationConfig: { url: receiver.url, token: 'not in the memo' } };
  const { id } = taskOf(await harness.bridge.sendMessage({ ...send, configuration }, harness.call('script')));
  const handle = harness.temporal.client.workflow.getHandle(`a2a-push:${id}`);
  await handle.result();
  expect(receiver.taken).toHaveLength(102);
  const { historyLength, memo, searchAttributes } = await handle.describe();
  expect(historyLength).toBeLessThan(20);
  expect(JSON.stringify([memo, searchAttributes])).not.toContain('not in the memo');
}, 60_000);
