import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import type { SendMessageRequest, Task } from '../../src/a2a/types';
import { installRuntime } from '../../src/temporal/runtime';
import { type RawAgent, startRawAgent } from '../remote/raw-agent';
import { type Harness, request, scripted, startHarness, taskOf } from '../support/harness';
import { eventually, withRuntime } from '../support/temporal';
import { collectSpans } from '../tracing/spans';

interface Line {
  level: number;
  msg: string;
  taskId?: string;
  workflowId?: string;
  err?: { stack?: string };
}

const INFO = 30;
const WARN = 40;

const lines: Line[] = [];
const spans = collectSpans();
let harness: Harness;
let remote: RawAgent;

/** The logger of this process's worker: the one that the command line has. */
function collectLines(): void {
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line) as Line);
  });
  withRuntime(() => installRuntime(pino({ level: 'info', base: null }, stream)));
}

beforeAll(async () => {
  collectLines();
  remote = await startRawAgent();
  harness = await startHarness({
    tracing: spans.tracing,
    agents: [
      { id: 'script' },
      { id: 'chained', chain: { steps: [{ name: 'first', agent: 'script' }] } },
      { id: 'proxied', proxy: { url: remote.url } },
      { id: 'invoice', workflow: { input: 'data' } },
    ],
  });
}, 60_000);

const send = async (agentId: string, what: SendMessageRequest): Promise<Task> =>
  taskOf(await harness.bridge.sendMessage(what, harness.call(agentId)));

/** The lines about a workflow, once the last one is there. */
const linesOf = (workflowId: string, count = 1) =>
  eventually(
    () => {
      const found = lines.filter((line) => line.workflowId === workflowId || line.taskId === workflowId);
      return found.length >= count && found;
    },
    { timeoutMs: 30_000 },
  );

const end = (fields: object) => ({ level: INFO, time: expect.any(Number), ...fields });

it('logs a task that its agent rejects, or fails on purpose, on one line without a stack', async () => {
  const rejected = await send('script', scripted([{ reject: 'not today' }]));
  const failed = await send('script', scripted([{ fail: 'no paper' }]));
  const common = { agent: 'script', workflowType: 'script' };
  expect(await linesOf(rejected.id)).toEqual([
    end({
      msg: 'a task was rejected',
      ...common,
      taskId: rejected.id,
      contextId: rejected.contextId,
      state: 'TASK_STATE_REJECTED',
      failureType: 'A2A_REJECTED',
      reason: 'not today',
    }),
  ]);
  expect(await linesOf(failed.id)).toEqual([
    expect.objectContaining({
      level: INFO,
      msg: 'a task has failed',
      ...common,
      contextId: failed.contextId,
      state: 'TASK_STATE_FAILED',
      reason: 'no paper',
    }),
  ]);
});

it('logs a chain that fails because a step has failed so, and the step', async () => {
  const chain = await send('chained', scripted([{ reject: 'not today' }]));
  expect(await linesOf(chain.id)).toEqual([
    expect.objectContaining({
      level: INFO,
      agent: 'chained',
      contextId: chain.contextId,
      failureType: 'A2A_AGENT_REJECTED',
      reason: 'first: script: not today',
    }),
  ]);
});

it('logs a wrong input of a2aCall so', async () => {
  const taskId = `call-${randomUUID()}`;
  const call = harness.temporal.client.workflow.execute('a2aCall', {
    taskQueue: harness.taskQueue,
    workflowId: taskId,
    args: [{ agent: 'script', message: 'hi', option: {} }],
  });
  await expect(call).rejects.toThrow();
  expect(await linesOf(taskId)).toEqual([
    end({
      msg: 'a task has failed',
      agent: 'script',
      taskId,
      state: 'TASK_STATE_FAILED',
      failureType: 'A2A_INVALID_CALL',
      reason: expect.stringContaining('option'),
      workflowType: 'a2aCall',
    }),
  ]);
});

it('logs an error that a remote agent answers with so, as the end of the call and of the task', async () => {
  remote.answer = (_request, reply) => reply.error(-32004, 'This operation is not supported');
  const task = await send('proxied', request('hi'));
  expect(task.status.state).toBe('TASK_STATE_FAILED');
  expect(await linesOf(task.id, 2)).toEqual([
    end({
      msg: 'a call of an agent has failed',
      agent: `${remote.url}/`,
      taskId: task.id,
      failureType: 'A2A_REMOTE_ERROR',
      reason: expect.stringContaining('not supported'),
      activityType: 'callRemoteAgent',
      attempt: 1,
    }),
    expect.objectContaining({ level: INFO, agent: 'proxied', failureType: 'A2A_REMOTE_ERROR' }),
  ]);
});

it('logs what clients do not read of a failed call', async () => {
  remote.answer = (_request, reply) => reply.status(422, JSON.stringify({ detail: 'no such column: total' }));
  const refused = await send('proxied', request('hi'));
  expect(JSON.stringify(refused.status)).not.toContain('column');
  expect((await linesOf(refused.id, 2))[0]).toMatchObject({
    level: INFO,
    failureType: 'A2A_REMOTE_HTTP_ERROR',
    reason: expect.stringMatching(/^Agent http:\/\/\S+ answered with status 422 .*no such column/),
  });
  remote.answer = (_request, reply) => reply.status(401, JSON.stringify({ detail: 'no such key' }));
  const failed = await send('proxied', request('hi'));
  expect((await linesOf(failed.id, 2))[0]).toMatchObject({
    level: WARN,
    msg: 'Activity failed',
    err: { message: expect.stringMatching(/Agent http:\/\/\S+ answered with status 401 .*no such key/) },
  });
});

it('warns of a fault with its stack: an activity that fails, and the task that it ends', async () => {
  const task = await send('script', scripted([{ failActivity: 'out of paper' }]));
  expect(task.status.state).toBe('TASK_STATE_FAILED');
  expect(await linesOf(task.id, 2)).toEqual([
    expect.objectContaining({
      level: WARN,
      msg: 'Activity failed',
      err: expect.objectContaining({ stack: expect.stringContaining('activities.ts') }),
    }),
    expect.objectContaining({
      level: WARN,
      msg: 'Workflow failed',
      err: expect.objectContaining({ stack: expect.any(String) }),
    }),
  ]);
});

it('a line about a traced task has the IDs of its span', async () => {
  const client = spans.tracing.start({ name: 'client', kind: 'client' });
  const { id } = await client.run(() => send('script', scripted([{ fail: 'no luck' }])));
  const [line] = await linesOf(id);
  const { traceId, spanId } = await spans.one('invoke_agent script');
  expect(client.ids.trace_id).toBe(traceId);
  expect(line).toMatchObject({ msg: 'a task has failed', trace_id: traceId, span_id: spanId });
});
