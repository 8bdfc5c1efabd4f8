import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { DataConverter, Payload } from '@temporalio/common';
import { temporal as proto } from '@temporalio/proto';
import {
  type AgentConfig,
  type Bridge,
  createA2AWorker,
  createBridge,
  defineAgents,
  EncryptionKeys,
  pushTaskQueue,
  type Task,
} from '../../src';
import { encodedIn } from '../../src/contract/encoded-start';
import { startReceiver, told } from '../push/receiver';
import { testActivities } from '../support/activities';
import { immediate, inShort, message, readAll, readUntil, scripted, taskOf } from '../support/harness';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  eventually,
  randomTaskQueue,
  type TestTemporal,
} from '../support/temporal';
import { isEncoded, XorCodec } from './xor-codec';

const PayloadType = proto.api.common.v1.Payload;
const LOOPBACK = ['127.0.0.0/8'];
const sealingKeys = new EncryptionKeys({ test: Buffer.alloc(32, 'test') });
const payloadConverterPath = join(__dirname, 'payload-converter.ts');
const failureConverterPath = join(__dirname, 'failure-converter.ts');

/** Without converters of its own the push worker has the workflows of dist/, which tests do without. */
const testBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };

/** In everything that clients and agents say. */
const SECRET = 'swordfish';

/** What stands in clear in a history, with a codec as without one: where, and why. */
const IN_CLEAR: [RegExp, string][] = [
  [
    /searchAttributes\.indexedFields\.(A2a(Agent|Context|Owner|State|UpdatedAt)|TemporalChangeVersion|BuildIds)$/,
    'visibility reads it',
  ],
  [
    /header\.fields\.(a2a_source|a2a_depth|a2a_scheduled_by|a2a_questions)$/,
    'workflow code reads it: IDs and numbers',
  ],
  [/markerRecordedEventAttributes\.details\.patch-data\.payloads\.0$/, 'the SDK writes it: the ID of a flag'],
];

let temporal: TestTemporal;

beforeAll(async () => {
  temporal = await connectTestTemporal();
});

interface Clear {
  workflow: string;
  path: string;
}

/** Payloads of a history that no codec has encoded, by their path. */
function* clearPayloads(value: unknown, path: string): Generator<string> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if ('metadata' in value && 'data' in value && isPayload(value)) {
    const inner = encodedIn(value);
    const payload = inner === undefined ? value : PayloadType.decode(Buffer.from(inner, 'base64'));
    if (!isEncoded(payload)) yield path;
    return;
  }
  for (const [key, inner] of Object.entries(value))
    yield* clearPayloads(inner, path === '' ? key : `${path}.${key}`);
}

function isPayload(value: object): value is Payload {
  return 'encoding' in ((value as Payload).metadata ?? {});
}

describe.each([
  ['a codec', { payloadCodecs: [new XorCodec()] }],
  [
    'a codec and converters of payloads and failures',
    { payloadCodecs: [new XorCodec()], payloadConverterPath, failureConverterPath },
  ],
] as [string, DataConverter][])('with %s', (_name, dataConverter) => {
  let bridge: Bridge;
  let client: Client;
  let taskQueue = '';

  const call = (id: string) => ({
    agent: bridge.agents.find((each) => each.id === id) as AgentConfig,
    owner: 'anna',
  });
  const say = (text: string, more = {}) => ({ message: message(`${SECRET} ${text}`, more) });

  beforeAll(async () => {
    taskQueue = randomTaskQueue();
    client = new Client({ connection: temporal.connection, dataConverter });
    const agent = (id: string, runs: object) => ({
      id,
      name: id,
      description: id,
      skills: [{ id, name: id, description: id }],
      ...runs,
    });
    const workflow = (type: string, more = {}) => ({ workflow: { type, taskQueue, ...more } });
    const agents = defineAgents([
      agent('echo', { ...workflow('echo'), default: true }),
      agent('interview', workflow('interview')),
      agent('script', workflow('script')),
      agent('plain', workflow('plainEcho', { input: 'text' })),
      agent('nested', workflow('plainCaller', { input: 'data' })),
      agent('chain', {
        chain: {
          taskQueue,
          steps: [
            { name: 'first', agent: 'plain' },
            { name: 'second', agent: 'interview' },
          ],
        },
      }),
    ] as never);
    const workflowsPath = join(__dirname, '../support/workflows.ts');
    const worker = await createA2AWorker({
      connection: temporal.connection,
      taskQueue,
      agents,
      workflowsPath,
      dataConverter,
      push: {
        outboundAllow: LOOPBACK,
        sealingKeys,
        ...(dataConverter.payloadConverterPath === undefined && { workflowBundle: testBundle }),
      },
      activities: {
        report: testActivities.report,
        wait: testActivities.wait,
        failLike: testActivities.failLike,
      },
    });
    const run = worker.run();
    cleanUpAfterAll(async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await run;
    });
    const push = { taskQueue: pushTaskQueue(taskQueue), outboundAllow: LOOPBACK, sealingKeys };
    bridge = await createBridge({ client, agents, push });
    cleanUpAfterAll(() => bridge.close());
  }, 90_000);

  it('sends, gets and lists', async () => {
    const { operations } = bridge;
    // The dialect is kept in the memo.
    const inDialect = { ...call('echo'), dialect: 'proto' };
    const task = taskOf(await operations.sendMessage(say('hello'), inDialect));
    expect(await operations.dialectOf(task.id, call('echo'))).toBe('proto');
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: `${SECRET} hello` }]);
    expect(await operations.getTask({ id: task.id }, call('echo'))).toEqual(task);
    const plain = taskOf(await operations.sendMessage(say('plainly'), call('plain')));
    expect(plain.artifacts?.[0]?.parts[0]).toMatchObject({ text: `${SECRET} plainly` });
    expect(plain.history?.[0]?.parts).toEqual([{ text: `${SECRET} plainly` }]);
    await eventually(async () => {
      const { tasks } = await operations.listTasks({ includeArtifacts: true }, call('echo'));
      return tasks.some(
        ({ id, artifacts }) => id === task.id && artifacts?.[0]?.parts[0]?.text?.includes(SECRET),
      );
    });
  }, 60_000);

  it('streams, resumes, asks, and cancels', async () => {
    const { operations } = bridge;
    const report = {
      statusUpdate: {
        status: {
          state: 'TASK_STATE_WORKING',
          message: { messageId: 'r', role: 'ROLE_AGENT', parts: [{ text: SECRET }] },
        },
      },
    };
    const steps = [
      { working: `${SECRET} on` },
      { report: [report] },
      { chunks: { artifactId: 'a', texts: [SECRET, '!'] } },
      { ask: `${SECRET}?` },
      { complete: { text: SECRET } },
    ];
    const stream = await operations.sendStreamingMessage(scripted(steps as never), call('script'));
    const asked = await readUntil(
      stream,
      ({ statusUpdate }) => statusUpdate?.status.state === 'TASK_STATE_INPUT_REQUIRED',
    );
    const { taskId } = asked.response.statusUpdate as { taskId: string };
    await stream.return?.();
    const resumed = await operations.subscribeToTask({ id: taskId }, call('script'), asked.id);
    await operations.sendMessage(immediate(say('yes', { taskId })), call('script'));
    expect((await readAll(resumed)).map(inShort)).toEqual([
      'working',
      `artifact last"${SECRET}" last`,
      'completed',
    ]);
    const forever = taskOf(
      await operations.sendMessage(
        immediate(scripted([{ working: SECRET }, { forever: true }])),
        call('script'),
      ),
    );
    await operations.cancelTask({ id: forever.id }, call('script'));
  }, 60_000);

  it('pushes', async () => {
    const receiver = await startReceiver();
    const configuration = { taskPushNotificationConfig: { url: receiver.url, token: SECRET } };
    await bridge.operations.sendMessage({ ...say('tell me'), configuration } as never, call('echo'));
    await eventually(() => receiver.taken.map(told).at(-1) === 'completed', { timeoutMs: 25_000 });
    const asking = { ...say('ask me'), configuration };
    const { id } = taskOf(await bridge.operations.sendMessage(asking as never, call('interview')));
    // How far a delivery has come is in its heartbeat, which no history shows.
    const heartbeat = await eventually(async () => {
      const { raw } = await client.workflow.getHandle(`a2a-push:${id}`).describe();
      return raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0];
    });
    expect(isEncoded(heartbeat)).toBe(true);
  }, 60_000);

  it('chains', async () => {
    const { operations } = bridge;
    const asked = taskOf(await operations.sendMessage(say('in a row'), call('chain')));
    expect(asked.status).toMatchObject({ state: 'TASK_STATE_INPUT_REQUIRED' });
    const ended: Task = taskOf(await operations.sendMessage(say('Ada', { taskId: asked.id }), call('chain')));
    expect(ended.status.state).toBe('TASK_STATE_COMPLETED');
    const { tasks } = await operations.listTasks({ contextId: asked.contextId }, call('plain'));
    expect(tasks.map(({ history }) => history?.[0]?.parts)).toEqual([[{ text: `${SECRET} in a row` }]]);
  }, 60_000);

  it('chains plain workflows', async () => {
    const plan = { calls: [{ to: 'plain', say: SECRET }] };
    const task = taskOf(
      await bridge.operations.sendMessage({ message: message([{ data: plan as never }]) }, call('nested')),
    );
    expect(task).toMatchObject({ artifacts: [{ parts: [{ data: [{ text: SECRET }] }] }] });
  }, 60_000);

  it('fails', async () => {
    // Without a failure converter Temporal leaves messages of failures in clear.
    const why = failureConverterPath === dataConverter.failureConverterPath ? SECRET : 'no luck';
    for (const step of [{ fail: why }, { failActivity: why }]) {
      const { status } = taskOf(await bridge.operations.sendMessage(scripted([step]), call('script')));
      expect(status.state).toBe('TASK_STATE_FAILED');
      expect(status.message?.parts).toEqual([{ text: why }]);
    }
  }, 60_000);

  it('leaves nothing in clear but what others have to read', async () => {
    const clear: Clear[] = [];
    const queues = [taskQueue, pushTaskQueue(taskQueue)]
      .map((queue) => `TaskQueue = '${queue}'`)
      .join(' OR ');
    const seen = new Set<string>();
    for await (const { workflowId, runId, type } of client.workflow.list({ query: queues })) {
      seen.add(type);
      const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      for (const event of events ?? []) {
        for (const path of clearPayloads(event, '')) {
          if (!IN_CLEAR.some(([pattern]) => pattern.test(path))) clear.push({ workflow: type, path });
        }
      }
      // Also not in what is no payload: names, IDs, reasons.
      const rest = JSON.stringify(events, (_key, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      );
      if (rest.includes(SECRET)) clear.push({ workflow: type, path: 'somewhere' });
    }
    expect([...seen].sort()).toEqual([
      'a2aPush',
      'chain',
      'echo',
      'interview',
      'plainCaller',
      'plainEcho',
      'script',
    ]);
    expect(clear).toEqual([]);
  }, 60_000);
});
