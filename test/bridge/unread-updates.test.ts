import { randomUUID } from 'node:crypto';
import type { CallContext, TaskStream } from '../../src/bridge/types';
import { XorCodec } from '../codec/xor-codec';
import { testActivities } from '../support/activities';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readNext,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { eventually, startTestWorker } from '../support/temporal';

/** Workers with a codec, and a bridge without it. */

const WHY =
  'An update of the task cannot be read: it has the encoding "binary/xor". What is missing is the payload converter or ' +
  'codec of its worker in the data converter of the bridge (setting DATA_CONVERTER, or `dataConverter` in code).';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'interview' }, { id: 'script' }], withoutWorker: true });
  const { connection } = harness.temporal;
  const dataConverter = { payloadCodecs: [new XorCodec()] };
  await startTestWorker({
    connection,
    taskQueue: harness.taskQueue,
    dataConverter,
    activities: testActivities,
  });
}, 60_000);

/** Lists hold the tasks of one test alone. */
const newCall = (agentId: string): CallContext => harness.call(agentId, randomUUID());

/** The events up to one of this state, in short. */
const readTo = async (stream: TaskStream, state: string): Promise<string[]> => {
  const events: string[] = [];
  do events.push(inShort(await readNext(stream)));
  while (!events.at(-1)?.startsWith(state));
  return events;
};

const asks = { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: WHY }] } };

it('a blocking send answers with the state, and why there is no question', async () => {
  const call = newCall('interview');
  const asked = taskOf(await harness.bridge.sendMessage(request('twice'), call));
  const { id } = asked;
  expect(asked.status).toMatchObject(asks);
  expect(asked.history).toHaveLength(1);
  expect((await harness.bridge.getTask({ id }, call)).status).toEqual(asked.status);
  expect((await harness.newBridge().getTask({ id }, call)).status).toEqual(asked.status);
  const { tasks } = await eventually(async () => {
    const answer = await harness.bridge.listTasks({ status: 'TASK_STATE_INPUT_REQUIRED' }, call);
    return answer.totalSize === 1 && answer;
  });
  expect(tasks[0]?.status).toEqual(asked.status);

  const again = taskOf(await harness.bridge.sendMessage({ message: message('Ada', { taskId: id }) }, call));
  expect(again.status).toMatchObject(asks);
  expect(again.status.timestamp).not.toBe(asked.status.timestamp);
  const done = taskOf(await harness.bridge.sendMessage({ message: message('red', { taskId: id }) }, call));
  expect(done.status).toMatchObject({
    state: 'TASK_STATE_COMPLETED',
    message: { parts: [{ text: expect.stringMatching(/^The result of the workflow cannot be read/) }] },
  });
}, 90_000);

it('a stream tells the states', async () => {
  const call = newCall('interview');
  const stream = await harness.bridge.sendStreamingMessage(request('hi'), call);
  const { id = '' } = (await readNext(stream)).response.task ?? {};
  const events = await readTo(stream, 'input_required');
  expect(events.at(-1)).toBe(`input_required "${WHY}"`);
  await stream.return?.();
  const live = await harness.bridge.subscribeToTask({ id }, call);
  expect((await readNext(live)).response.task?.status).toMatchObject(asks);
  await harness.bridge.sendMessage(immediate({ message: message('Ada', { taskId: id }) }), call);
  const rest = await readTo(live, 'completed');
  expect(rest[0]).toBe(`working "${WHY}"`);
}, 60_000);

it('a task that works says so', async () => {
  const call = newCall('script');
  const { id } = taskOf(
    await harness.bridge.sendMessage(immediate(scripted([{ working: 'on' }, { next: true }])), call),
  );
  await eventually(async () => {
    const { status } = await harness.bridge.getTask({ id }, call);
    expect(status).toMatchObject({ state: 'TASK_STATE_WORKING', message: { parts: [{ text: WHY }] } });
    return true;
  });
}, 60_000);

it('a task that has told artifacts alone says that they cannot be read', async () => {
  const call = newCall('script');
  const steps = scripted([{ chunks: { artifactId: 'song', texts: ['la'] } }, { next: true }]);
  const { id } = taskOf(await harness.bridge.sendMessage(immediate(steps), call));
  await eventually(async () => {
    const { status } = await harness.bridge.getTask({ id }, call);
    expect(status.message?.parts).toEqual([{ text: WHY }]);
    return true;
  });
}, 60_000);
