import { randomUUID } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import type { Task } from '../../src/a2a/types';
import {
  type Harness,
  type HarnessAgent,
  immediate,
  inShort,
  readAll,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import {
  applicationFailure,
  type Command,
  complete,
  fail,
  json,
  jsonProtobuf,
  payload,
  startRawWorker,
} from '../support/raw-worker';
import { eventually } from '../support/temporal';

/** What workers of other languages write, as measured with temporalio 1.35.0 (Python) and the Go SDK 1.51.0. */

let harness: Harness;
const warnings: [fields: { agent?: string; task?: string }, text: string][] = [];
const logger = { info: () => {}, warn: (...args: unknown[]) => void warnings.push(args as never) };

/** Results by the agent that has them. */
const RESULTS: Record<string, Payload | undefined> = {
  protobuf: jsonProtobuf({ total: '12.50', currency: 'EUR' }),
  bytes: payload('binary/plain', Uint8Array.from([0xff, 0x00, 0x10, 0x80])),
  none: payload('binary/null'),
  nothing: undefined,
  nan: payload(
    'json/plain',
    '{"rate": NaN, "most": Infinity, "least": -Infinity, "said": "NaN \\" Infinity"}',
  ),
  huge: payload('json/plain', '{"n": 1e999}'),
  encrypted: payload('binary/encrypted', 'cipher', { 'encryption-key-id': 'k1' }),
  binaryProtobuf: payload('binary/protobuf', 'wire', { messageType: 'acme.Receipt' }),
  truncated: payload('json/plain', '{"total": 12.'),
  unnamed: payload(undefined, '{}'),
  stored: jsonProtobuf({ claim: 'x' }, 'temporal.api.sdk.v1.ExternalStorageReference'),
};

const secret = payload('binary/encrypted', 'cipher');

const FAILURES: Record<string, Command> = {
  declined: fail(applicationFailure('card declined', [jsonProtobuf({ code: 'no funds' })])),
  secretive: fail(applicationFailure('card declined', [secret, payload(undefined)])),
  rejected: fail(
    applicationFailure('not for me', [secret], { applicationFailureInfo: { type: 'A2A_REJECTED' } }),
  ),
  encoded: fail(applicationFailure('Encoded failure', [secret], { encodedAttributes: secret })),
  encodedPlainly: fail(
    applicationFailure('Encoded failure', [], {
      encodedAttributes: json({ message: 'out of stock', stack_trace: '' }),
    }),
  ),
  wrapped: fail({
    message: 'Activity task failed',
    activityFailureInfo: { activityType: { name: 'charge' } },
    cause: applicationFailure('card declined', [secret], {
      cause: applicationFailure('socket closed', [secret]),
    }),
  }),
  timedOut: fail({
    message: 'Activity task failed',
    activityFailureInfo: { activityType: { name: 'charge' } },
    cause: {
      message: 'activity timed out',
      timeoutFailureInfo: { lastHeartbeatDetails: { payloads: [secret] } },
    },
  }),
  silent: fail({ message: '', applicationFailureInfo: {} }),
  child: fail({
    message: 'Child Workflow execution failed',
    childWorkflowExecutionFailureInfo: { workflowType: { name: 'charge' } },
    cause: { message: '', canceledFailureInfo: {} },
  }),
  late: fail({
    activityFailureInfo: { activityType: { name: 'charge' } },
    cause: { timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' as never } },
  }),
  ended: fail({ terminatedFailureInfo: {} }),
};

const agents: HarnessAgent[] = [...Object.keys(RESULTS), ...Object.keys(FAILURES)].map((id) => ({
  id,
  workflow: { input: 'text' },
}));

beforeAll(async () => {
  harness = await startHarness({ agents, withoutWorker: true, bridge: { logger } });
  await startRawWorker(harness.temporal, harness.taskQueue, ({ workflowType }) => [
    FAILURES[workflowType] ?? complete(RESULTS[workflowType]),
  ]);
}, 60_000);

const send = async (agentId: string, owner = 'anna') =>
  taskOf(await harness.bridge.sendMessage(request('hi'), harness.call(agentId, owner)));

const ending = ({ status, artifacts }: Task) => ({
  state: status.state.replace('TASK_STATE_', ''),
  says: status.message?.parts[0]?.text,
  parts: artifacts?.flatMap(({ parts }) => parts),
});

describe('a result of', () => {
  it.each([
    ['protobuf', [{ data: { total: '12.50', currency: 'EUR' } }]],
    ['bytes', [{ raw: '/wAQgA==', mediaType: 'application/octet-stream' }]],
    ['none', undefined],
    ['nothing', undefined],
    ['nan', [{ data: { rate: 'NaN', most: 'Infinity', least: '-Infinity', said: 'NaN " Infinity' } }]],
    ['huge', [{ data: { n: 'Infinity' } }]],
  ])('%s completes the task', async (agentId, parts) => {
    expect(ending(await send(agentId))).toEqual({ state: 'COMPLETED', says: undefined, parts });
  });

  it.each([
    [
      'encrypted',
      'it is encrypted with the key "k1", and the bridge decrypts nothing (setting ENCRYPTION_KEYS or DATA_CONVERTER',
    ],
    [
      'binaryProtobuf',
      'it has the encoding "binary/protobuf". What is missing is the payload converter or codec',
    ],
    ['truncated', 'it has the encoding "json/plain", but is not JSON.'],
    ['unnamed', 'it names no encoding. What is missing is'],
    ['stored', 'but refers to external storage. What is missing is the external storage'],
  ])('%s completes the task, which says what cannot be read', async (agentId, why) => {
    const { state, says, parts } = ending(await send(agentId));
    expect({ state, parts }).toEqual({ state: 'COMPLETED', parts: undefined });
    expect(says).toContain(`The result of the workflow cannot be read: `);
    expect(says).toContain(why);
  });
});

describe('a failure', () => {
  it.each([
    ['declined', 'FAILED', 'card declined'],
    ['secretive', 'FAILED', 'card declined'],
    ['rejected', 'REJECTED', 'not for me'],
    ['encodedPlainly', 'FAILED', 'out of stock'],
    ['wrapped', 'FAILED', 'card declined'],
    ['timedOut', 'FAILED', 'activity timed out'],
    ['silent', 'FAILED', 'The workflow failed without a message.'],
    ['child', 'FAILED', 'The child workflow charge was canceled.'],
    ['late', 'FAILED', 'The activity charge timed out.'],
    ['ended', 'FAILED', 'The workflow was terminated.'],
  ])('%s ends the task whatever its details are', async (agentId, state, says) => {
    expect(ending(await send(agentId))).toEqual({ state, says, parts: undefined });
  });

  it('whose message is encoded says that it cannot be read', async () => {
    const { state, says } = ending(await send('encoded'));
    expect(state).toBe('FAILED');
    expect(says).toContain(
      'The failure of the workflow cannot be read: it has the encoding "binary/encrypted".',
    );
  });

  it('reads the same in streams, Get and List', async () => {
    const owner = randomUUID();
    const call = harness.call('declined', owner);
    const events = await readAll(await harness.bridge.sendStreamingMessage(request('hi'), call));
    expect(events.map(inShort)).toEqual(['task submitted', 'working', 'failed "card declined"']);
    const task = taskOf(await harness.bridge.sendMessage(immediate(request('hi')), call));
    await eventually(async () => {
      const { tasks } = await harness.bridge.listTasks({ status: 'TASK_STATE_FAILED' }, call);
      return tasks.length === 2;
    });
    expect(ending(await harness.newBridge().getTask({ id: task.id }, call)).says).toBe('card declined');
  });
});

it('is told to operators once for each agent', async () => {
  const all = () => warnings.filter(([{ agent }]) => agent === 'encrypted');
  await send('encrypted');
  const { id } = await send('encrypted');
  await harness.bridge.getTask({ id }, harness.call('encrypted'));
  expect(all()).toHaveLength(1);
  expect(all()[0]).toEqual([
    { agent: 'encrypted', task: expect.any(String) },
    expect.stringContaining('The result of the workflow cannot be read'),
  ]);
});
