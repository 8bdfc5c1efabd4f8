import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { Task } from '../../src/a2a/types';
import { writeTraceHeader, writeTraceparent } from '../../src/contract/trace';
import { createMetrics, type Metrics } from '../../src/metrics/metrics';
import { NO_TRACING } from '../../src/tracing/tracing';
import { traceSinks } from '../../src/worker/traces';
import { samplesIn } from '../metrics/samples';
import { eventually } from '../support/eventually';
import type { NexusCall, NexusReport } from '../support/nexus-workflows';
import { startTestWorker, type TestWorker } from '../support/temporal';
import { collectSpans } from '../tracing/spans';
import { type NexusHarness, startNexusHarness } from './support';

const spans = collectSpans();
let metrics: Metrics;
let harness: NexusHarness;
let caller: TestWorker;

beforeAll(async () => {
  metrics = await createMetrics();
  harness = await startNexusHarness({
    agents: [{ id: 'echo' }, { id: 'script' }],
    tracing: spans.tracing,
    bridge: { metrics },
  });
  const { connection } = harness.temporal;
  caller = await startTestWorker({ connection, sinks: traceSinks(NO_TRACING) });
}, 90_000);

beforeEach(() => spans.clear());

const hex = (digits: number) => randomUUID().replaceAll('-', '').slice(0, digits);

/** Operations of a workflow that is part of a trace. */
async function callTraced(...calls: NexusCall[]) {
  const parent = { traceId: hex(32), spanId: hex(16), flags: 1 };
  const header = writeTraceHeader({ traceparent: writeTraceparent(parent) });
  const client = new Client({
    connection: harness.temporal.connection,
    interceptors: {
      workflow: [{ start: (input, next) => next({ ...input, headers: { ...input.headers, ...header } }) }],
    },
  });
  const reports: NexusReport[] = await client.workflow.execute('nexusCaller', {
    taskQueue: caller.taskQueue,
    workflowId: `caller-${randomUUID()}`,
    args: [{ endpoint: harness.endpoint, calls }],
  });
  return { ...parent, tasks: reports.map(({ result }) => (result as { task?: Task })?.task) };
}

const say = (agent: string, more: object = {}) => ({
  operation: 'SendMessage',
  input: { tenant: agent, message: { parts: [{ text: 'hello' }] }, ...more },
});

it.each([
  ['waits for its task', {}],
  ['does not wait', { configuration: { returnImmediately: true } }],
])(
  'a send that %s is part of the trace of its caller, and so is the task',
  async (_, more) => {
    const { traceId, tasks } = await callTraced(say('echo', more));
    const server = await spans.one('SendMessage');
    expect(server).toMatchObject({
      kind: 'server',
      traceId,
      failed: false,
      attributes: {
        'a2a.method.name': 'SendMessage',
        'a2a.protocol.binding': 'NEXUS',
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.id': 'echo',
        'a2a.task.id': tasks[0]?.id,
      },
    });
    expect(server.parent).toBeDefined();
    expect(await spans.one('invoke_agent echo')).toMatchObject({ traceId, parent: server.spanId });
  },
  60_000,
);

it('requests are counted by operation, agent and outcome', async () => {
  await harness.callAll(
    { operation: 'GetTask', input: { tenant: 'echo', id: 'none' } },
    { operation: 'GetTask', input: { tenant: 'nobody', id: 'none' } },
    say('echo'),
  );
  const samples = samplesIn(await metrics.text());
  const counted = samples
    .filter(({ name }) => name === 'a2a_nexus_request_duration_seconds_count')
    .map(({ labels }) => labels);
  expect(counted).toEqual(
    expect.arrayContaining([
      { operation: 'GetTask', agent: 'echo', outcome: 'TASK_NOT_FOUND' },
      { operation: 'GetTask', agent: '', outcome: 'NOT_FOUND' },
      { operation: 'SendMessage', agent: 'echo', outcome: 'OK' },
    ]),
  );
}, 60_000);

it('sends that wait are counted while they do', async () => {
  const waiting = async () =>
    samplesIn(await metrics.text()).find(({ name }) => name === 'a2a_nexus_waiting_sends')?.value;
  expect(await waiting()).toBe(0);
  const handle = await harness.startCaller([
    {
      operation: 'SendMessage',
      input: { tenant: 'script', message: { parts: [{ data: { steps: [{ sleep: 600_000 }] } }] } },
    },
  ]);
  await eventually(async () => (await waiting()) === 1, { timeoutMs: 60_000 });
  await handle.cancel();
  await eventually(async () => (await waiting()) === 0, { timeoutMs: 60_000 });
}, 150_000);
