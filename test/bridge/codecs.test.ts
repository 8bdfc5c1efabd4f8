import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { type Payload, type PayloadCodec, ValueError } from '@temporalio/common';
import type { CallContext } from '../../src/bridge/types';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readNext,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import { complete, json, payload, startRawWorker } from '../support/raw-worker';
import { connectTestTemporal, eventually } from '../support/temporal';

/** A codec whose key service may be away. */
class XorCodec implements PayloadCodec {
  down = false;
  /** It throws a ValueError for payloads of this encoding. */
  static readonly SPOILED = 'binary/spoiled';

  async encode(payloads: Payload[]): Promise<Payload[]> {
    this.askForKey();
    return payloads.map((each) => {
      const inner = JSON.stringify({
        encoding: Buffer.from(each.metadata?.encoding ?? '').toString(),
        data: Buffer.from(each.data ?? '').toString('base64'),
      });
      return payload(
        'binary/xor',
        Buffer.from(inner).map((byte) => byte ^ 0x2a),
      );
    });
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((each) => {
      const encoding = Buffer.from(each.metadata?.encoding ?? '').toString();
      if (encoding === XorCodec.SPOILED) throw new ValueError('made with a key that is no more');
      if (encoding !== 'binary/xor') return each;
      this.askForKey();
      const inner = JSON.parse(
        Buffer.from(each.data ?? '')
          .map((byte) => byte ^ 0x2a)
          .toString(),
      );
      return payload(inner.encoding, Buffer.from(inner.data, 'base64'));
    });
  }

  private askForKey(): void {
    if (this.down) throw new Error('connect ECONNREFUSED kms.internal:443');
  }
}

const codec = new XorCodec();
let harness: Harness;
let encoded: Payload;
const warnings: string[] = [];
const silent = { info: () => {}, warn: () => {} };

beforeAll(async () => {
  const temporal = await connectTestTemporal();
  const { connection, namespace } = temporal;
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [codec] } });
  harness = await startHarness({
    temporal: { ...temporal, client },
    agents: [{ id: 'waiter' }, { id: 'spoiled', workflow: { input: 'text' } }],
    withoutWorker: true,
    bridge: {
      logger: { info: () => {}, warn: (...args: unknown[]) => void warnings.push(String(args.at(-1))) },
    },
  });
  [encoded = {}] = await codec.encode([json({ secret: 42 })]);
  await startRawWorker(temporal, harness.taskQueue, ({ workflowType, signals }) => {
    if (workflowType === 'spoiled') return [complete(payload(XorCodec.SPOILED, 'x'))];
    return signals.includes('a2a_message') ? [complete(encoded)] : [];
  });
}, 60_000);

afterEach(() => {
  codec.down = false;
});

/** Lists hold the tasks of one test alone. */
const newCall = (agentId = 'waiter'): CallContext => harness.call(agentId, randomUUID());

const begin = async (call: CallContext) =>
  taskOf(await harness.bridge.sendMessage(immediate(request('hi')), call));

const unavailable = {
  reason: 'UNAVAILABLE',
  message: expect.stringMatching(/cannot be put through its codec now/),
};

it('keeps what it writes and reads behind the codec', async () => {
  const call = newCall();
  const { id } = await begin(call);
  const said = { message: message('go', { taskId: id }) };
  expect(taskOf(await harness.bridge.sendMessage(said, call))).toMatchObject({
    status: { state: 'TASK_STATE_COMPLETED' },
    history: [{ parts: [{ text: 'hi' }] }, { parts: [{ text: 'go' }] }],
    artifacts: [{ parts: [{ data: { secret: 42 } }] }],
  });
});

describe('while the key service is away', () => {
  it('is unavailable, and gives no wrong answer', async () => {
    const call = newCall();
    const { id } = await begin(call);
    codec.down = true;
    // A node that knows nothing of the task yet must not remember what it could not read.
    const other = harness.newBridge({ logger: silent });
    await expect(other.getTask({ id }, call)).rejects.toMatchObject(unavailable);
    await expect(other.subscribeToTask({ id }, call)).rejects.toMatchObject(unavailable);
    await expect(other.sendMessage(request('hi'), call)).rejects.toMatchObject(unavailable);
    const further = { message: message('go', { taskId: id }) };
    await expect(other.sendMessage(further, call)).rejects.toMatchObject(unavailable);
    codec.down = false;
    expect((await other.getTask({ id }, call)).history).toHaveLength(1);
    expect(taskOf(await other.sendMessage(further, call)).status.state).toBe('TASK_STATE_COMPLETED');
  });

  it('lists what visibility knows', async () => {
    const call = newCall();
    const task = await begin(call);
    await eventually(async () => (await harness.bridge.listTasks({}, call)).totalSize === 1);
    codec.down = true;
    const { tasks } = await harness.newBridge({ logger: silent }).listTasks({}, call);
    expect(tasks).toEqual([
      {
        id: task.id,
        contextId: task.contextId,
        status: {
          state: 'TASK_STATE_SUBMITTED',
          timestamp: expect.any(String),
          message: expect.objectContaining({
            parts: [{ text: expect.stringContaining('cannot be read now') }],
          }),
        },
      },
    ]);
  });

  it('keeps streams and blocking sends waiting, and passes over nothing', async () => {
    const call = newCall();
    const { id } = await begin(call);
    const stream = await harness.bridge.subscribeToTask({ id }, call);
    expect(inShort(await readNext(stream))).toBe('task submitted');
    const [update = {}] = await codec.encode([
      json({
        statusUpdate: { status: { state: 'TASK_STATE_WORKING', timestamp: new Date().toISOString() } },
      }),
    ]);
    const further = { message: message('go', { taskId: id }) };
    const [last = {}] = await codec.encode([json(further.message)]);
    codec.down = true;
    const signal = (signalName: string, argument: Payload) =>
      harness.temporal.client.workflowService.signalWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: id },
        signalName,
        input: { payloads: [argument] },
      });
    const warned = () => warnings.filter((text) => text.includes('codec fails')).length;
    await signal('a2a_update', update);
    const working = readNext(stream);
    await eventually(() => warned() === 1);
    await signal('a2a_message', last);
    codec.down = false;
    expect(inShort(await working)).toBe('working');
    expect(inShort(await readNext(stream))).toMatch(/^artifact result/);
    expect(inShort(await readNext(stream))).toBe('completed');
    expect(warned()).toBe(1);
  });
});

it('takes a ValueError of a codec for its last word', async () => {
  const task = taskOf(await harness.bridge.sendMessage(request('hi'), newCall('spoiled')));
  expect(task.status).toMatchObject({
    state: 'TASK_STATE_COMPLETED',
    message: {
      parts: [
        {
          text: 'The result of the workflow cannot be read: it has the encoding "binary/spoiled", but its codec refuses it.',
        },
      ],
    },
  });
});
