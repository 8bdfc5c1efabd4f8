import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { EncryptionKeys, encryptedDataConverter, type TaskBridge } from '../../src';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readNext,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import { connectTestTemporal, eventually, startTestWorker, type TestTemporal } from '../support/temporal';

const [old, next, other] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const converters = {
  before: encryptedDataConverter(new EncryptionKeys({ old })),
  rotated: encryptedDataConverter(new EncryptionKeys({ next, old })),
  missing: encryptedDataConverter(new EncryptionKeys({ next })),
  wrong: encryptedDataConverter(new EncryptionKeys({ old: other })),
  none: {},
} satisfies Record<string, DataConverter>;

let temporal: TestTemporal;
let harness: Harness;

const nodeWith = (dataConverter: DataConverter): TaskBridge =>
  harness.newBridge({ client: new Client({ connection: temporal.connection, dataConverter }) });
const workerWith = (dataConverter: DataConverter, taskQueue = harness.taskQueue) =>
  startTestWorker({ connection: temporal.connection, taskQueue, dataConverter });

beforeAll(async () => {
  temporal = await connectTestTemporal();
  const client = new Client({ connection: temporal.connection, dataConverter: converters.before });
  harness = await startHarness({
    temporal: { ...temporal, client },
    agents: [{ id: 'interview' }, { id: 'echo' }],
    withoutWorker: true,
  });
}, 60_000);

const begin = async (id: string, owner = randomUUID()) => {
  const call = harness.call(id, owner);
  return { call, id: taskOf(await harness.bridge.sendMessage(immediate(request('hi')), call)).id };
};

it.each([
  ['without the key', converters.missing],
  ['with another key of the same ID', converters.wrong],
])(
  'a node %s says so and names it, and loses nothing',
  async (_what, converter) => {
    const worker = await workerWith(converters.before);
    const call = harness.call('interview', randomUUID());
    const { id } = taskOf(await harness.bridge.sendMessage(request('hi'), call));
    const node = nodeWith(converter);
    const refused = {
      reason: 'UNAVAILABLE',
      message: `What comes from Temporal cannot be decrypted: this server has no key "old", or another key under that ID`,
    };
    await expect(node.getTask({ id }, call)).rejects.toMatchObject(refused);
    await expect(node.subscribeToTask({ id }, call)).rejects.toMatchObject(refused);
    await expect(node.sendMessage({ message: message('Ada', { taskId: id }) }, call)).rejects.toMatchObject(
      refused,
    );
    await eventually(async () => (await node.listTasks({}, call)).totalSize === 1);
    const done = await harness.bridge.sendMessage({ message: message('Ada', { taskId: id }) }, call);
    expect(taskOf(done).status.state).toBe('TASK_STATE_COMPLETED');
    await worker.stop();
  },
  60_000,
);

it('a node without any key says which one is missing', async () => {
  const { id, call } = await begin('echo');
  const task = await nodeWith(converters.none).getTask({ id }, call);
  expect(task.status.message?.parts[0]?.text).toMatch(
    /^The start of the task cannot be read: it is encrypted with the key "old", and the bridge decrypts nothing \(setting ENCRYPTION_KEYS/,
  );
});

it.each([
  ['without the key', converters.missing],
  ['with another key of the same ID', converters.wrong],
  ['without any key', converters.none],
])(
  'a worker %s ends no task: another one goes on with it',
  async (_what, converter) => {
    const worker = await workerWith(converter);
    const { id, call } = await begin('echo');
    const failures = async () => {
      const { events } = await temporal.client.workflow.getHandle(id).fetchHistory();
      return (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) => failed ?? []);
    };
    const [failed] = await eventually(
      async () => {
        const found = await failures();
        return found.length > 0 && found;
      },
      { timeoutMs: 40_000 },
    );
    const said = failed?.failure?.message ?? '';
    if (converter === converters.none) expect(said).toContain('binary/encrypted');
    else expect(said).toBe('Encoded failure');
    await worker.stop();
    const right = await workerWith(converters.before);
    const task = await eventually(
      async () => {
        const { status } = await harness.bridge.getTask({ id }, call);
        return status.state === 'TASK_STATE_COMPLETED';
      },
      { timeoutMs: 60_000 },
    );
    expect(task).toBe(true);
    await right.stop();
  },
  120_000,
);

it('keys are rotated while tasks run', async () => {
  const before = await workerWith(converters.before);
  const call = harness.call('interview', randomUUID());
  const { id } = taskOf(await harness.bridge.sendMessage(request('hi'), call));
  // First every part can decrypt with the new key, then it encrypts.
  await before.stop();
  await workerWith(converters.rotated);
  const node = nodeWith(converters.rotated);
  const stream = await node.subscribeToTask({ id }, call);
  expect(inShort(await readNext(stream))).toMatch(/^task input_required/);
  const said = { message: message('Ada', { taskId: id }) };
  expect(taskOf(await node.sendMessage(said, call)).status.state).toBe('TASK_STATE_COMPLETED');
  expect((await readAll(stream)).map(inShort).at(-1)).toMatch(/^completed/);
  const { events } = await temporal.client.workflow.getHandle(id).fetchHistory();
  const keys = new Set(
    JSON.stringify(events)
      .match(/"encryption-key-id":"(\w+)/g)
      ?.map((text) => Buffer.from(text.split('"').at(-1) ?? '', 'base64').toString()),
  );
  expect(keys).toEqual(new Set(['old', 'next']));
}, 60_000);
