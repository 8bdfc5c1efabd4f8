import { randomUUID } from 'node:crypto';
import { SendMessageRequest } from '@a2a-js/sdk';
import { Worker } from '@temporalio/worker';
import type { AgentCard, Task } from '../../src/a2a/types';
import { pushWorkflowId } from '../../src/contract/push';
import { readTraceHeader, TRACE_HEADER } from '../../src/contract/trace';
import { createModelActivities } from '../../src/activities/model';
import { A2APlugin } from '../../src/worker/plugin';
import { rawClient } from '../grpc/harness';
import { rawCard, startRawAgent, status } from '../remote/raw-agent';
import { type FakeOpenAI, startFakeOpenAI } from '../model/fake-openai';
import { type Receiver, startReceiver } from '../push/receiver';
import { testActivities } from '../support/activities';
import type { CallPlan } from '../support/calling-workflows';
import { type Harness, message, scripted, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, eventually } from '../support/temporal';
import type { Step } from '../support/workflows';
import { collectSpans, type Spans, type Told } from './spans';

/** A client, a bridge, a bridge that it calls, and a webhook: each bridge with a collector of its own. */
let first: Harness;
let second: Harness;
let receiver: Receiver;
let model: FakeOpenAI;
const here: Spans = collectSpans();
const there: Spans = collectSpans();

beforeAll(async () => {
  receiver = await startReceiver();
  model = await startFakeOpenAI();
  cleanUpAfterAll(() => model.close());
  second = await startHarness({ agents: [{ id: 'echo' }], app: true, grpc: true, tracing: there.tracing });
  first = await startHarness({
    agents: [
      {
        id: 'relay',
        chain: {
          steps: [
            { name: 'local', agent: 'greeter' },
            { name: 'remote', url: `${second.url}/a2a/echo` },
          ],
        },
      },
      { id: 'greeter', workflow: { type: 'echo' } },
      { id: 'far', proxy: { url: `${second.url}/a2a/echo/`, bindings: ['GRPC'] } },
      { id: 'script' },
      { id: 'model', model: { baseUrl: model.baseUrl, model: 'tiny' } },
      { id: 'caller' },
      { id: 'interview' },
    ],
    app: true,
    grpc: true,
    push: true,
    tracing: here.tracing,
    activities: {
      ...testActivities,
      ...createModelActivities({ agents: [], remote: { tracing: here.tracing } }),
    },
  });
}, 60_000);

beforeEach(() => {
  here.clear();
  there.clear();
});

const hex = (digits: number) => randomUUID().replaceAll('-', '').slice(0, digits);

/** Sends as any client does whose own span is the parent of what it calls. */
async function send(agentId: string, more: object = {}, flags = '01') {
  const trace = { traceId: hex(32), spanId: hex(16) };
  const response = await fetch(`${first.url}/a2a/${agentId}/message:send`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'A2A-Version': '1.0',
      traceparent: `00-${trace.traceId}-${trace.spanId}-${flags}`,
      tracestate: 'vendor=1',
    },
    body: JSON.stringify({ message: message('hello'), ...more }),
  });
  return { ...trace, task: taskOf((await response.json()) as { task?: Task }) };
}

async function headersOf(workflowId: string): Promise<Record<string, unknown>[]> {
  const { events } = await first.temporal.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const attributes =
      event.workflowExecutionStartedEventAttributes ??
      event.activityTaskScheduledEventAttributes ??
      event.startChildWorkflowExecutionInitiatedEventAttributes ??
      event.workflowExecutionSignaledEventAttributes;
    return attributes?.header?.fields ? [attributes.header.fields] : [];
  });
}

describe('one trace', () => {
  it('leads from the client over two bridges to the webhook', async () => {
    const { traceId, spanId, task } = await send('relay', {
      configuration: { taskPushNotificationConfig: { url: receiver.url } },
    });
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    const { id, contextId } = task;

    const server = await here.one('SendMessage');
    expect(server).toMatchObject({
      kind: 'server',
      traceId,
      parent: spanId,
      attributes: {
        'a2a.method.name': 'SendMessage',
        'a2a.protocol.binding': 'HTTP+JSON',
        'a2a.protocol.version': '1.0',
        'a2a.task.id': id,
        'a2a.task.state': 'TASK_STATE_COMPLETED',
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.id': 'relay',
        'gen_ai.conversation.id': contextId,
        'http.response.status_code': 200,
      },
    });
    const chain = await here.one('invoke_agent relay');
    expect(chain).toMatchObject({
      kind: 'internal',
      traceId,
      parent: server.spanId,
      failed: false,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.id': 'relay',
        'gen_ai.agent.name': 'relay',
        'gen_ai.conversation.id': contextId,
        'a2a.task.id': id,
        'a2a.task.state': 'TASK_STATE_COMPLETED',
        temporalWorkflowID: id,
      },
    });
    expect(await here.one('invoke_agent greeter')).toMatchObject({
      kind: 'internal',
      traceId,
      parent: chain.spanId,
      attributes: { 'gen_ai.conversation.id': contextId, 'a2a.task.state': 'TASK_STATE_COMPLETED' },
    });
    const call = await here.one('invoke_agent relay/remote');
    const far = await there.one('SendStreamingMessage');
    expect(call).toMatchObject({
      kind: 'client',
      traceId,
      parent: chain.spanId,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.id': 'relay/remote',
        'gen_ai.agent.name': 'echo',
        'gen_ai.conversation.id': far.attributes['gen_ai.conversation.id'],
        'a2a.method.name': 'SendStreamingMessage',
        'a2a.protocol.version': '1.0',
        'a2a.task.id': far.attributes['a2a.task.id'],
        'a2a.task.state': 'TASK_STATE_COMPLETED',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(second.url).port),
        temporalActivityAttempt: 1,
      },
    });

    expect(far).toMatchObject({ kind: 'server', traceId, parent: call.spanId });
    expect(await there.one('invoke_agent echo')).toMatchObject({ traceId, parent: far.spanId });

    await eventually(() => receiver.taken.some(({ json }) => isFinal(json)));
    for (const { headers } of receiver.taken) {
      const post = await eventually(() =>
        here.all().find((span) => headers.traceparent === `00-${traceId}-${span.spanId}-01`),
      );
      expect(headers.tracestate).toBe('vendor=1');
      expect(post).toMatchObject({
        name: 'POST',
        kind: 'client',
        traceId,
        parent: server.spanId,
        failed: false,
        attributes: { 'http.response.status_code': 204, 'a2a.task.id': id, 'server.address': '127.0.0.1' },
      });
    }
    // Each once, and none without a message of its own.
    const spans = [...here.all(), ...there.all()];
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
    expect(spans.filter((span) => span.traceId !== traceId)).toEqual([]);
    expect(spans.filter(({ attributes }) => 'gen_ai.input.messages' in attributes)).toEqual([]);
    expect(timeOf(chain)).toBeGreaterThanOrEqual(timeOf(call));
  }, 60_000);

  it('leads over gRPC, from the client and to the next bridge', async () => {
    const trace = { traceId: hex(32), spanId: hex(16) };
    const sent = SendMessageRequest.fromJSON({ message: message('hello'), tenant: 'far' });
    const { payload } = await rawClient(await grpcOf(first)).call('sendMessage', sent, {
      traceparent: `00-${trace.traceId}-${trace.spanId}-01`,
    });
    const server = await here.one('SendMessage');
    expect(server).toMatchObject({
      ...{ kind: 'server', traceId: trace.traceId, parent: trace.spanId },
      attributes: {
        'a2a.protocol.binding': 'GRPC',
        'a2a.task.id': payload.value.id,
        'a2a.task.state': 'TASK_STATE_COMPLETED',
        'gen_ai.conversation.id': payload.value.contextId,
        'rpc.response.status_code': 'OK',
      },
    });
    const calls = await eventually(() => {
      const found = here.all().filter(({ name }) => name === 'invoke_agent far');
      return found.length === 2 && found;
    });
    const task = calls.find(({ kind }) => kind === 'internal');
    const call = calls.find(({ kind }) => kind === 'client');
    expect(task).toMatchObject({ parent: server.spanId });
    expect(call).toMatchObject({ parent: task?.spanId, attributes: { 'a2a.protocol.binding': 'GRPC' } });
    expect(await there.one('SendStreamingMessage')).toMatchObject({
      ...{ traceId: trace.traceId, parent: call?.spanId },
      attributes: { 'a2a.protocol.binding': 'GRPC' },
    });
  }, 60_000);

  it('has the same task once, however often its workflow is replayed', async () => {
    const { traceId, task } = await send('interview', { configuration: { returnImmediately: true } });
    const asks = (state: string) =>
      eventually(async () => {
        const { status } = await first.bridge.getTask({ id: task.id }, first.call('interview', 'anonymous'));
        return status.state === state;
      });
    await asks('TASK_STATE_INPUT_REQUIRED');
    // Another worker, which has the workflow not in its memory.
    await first.worker?.stop();
    await first.startWorker();
    const answers: string[] = [];
    for (let ended = false; !ended; ) {
      const answer = { ...message('blue'), taskId: task.id };
      const response = await fetch(`${first.url}/a2a/interview/message:send`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'A2A-Version': '1.0' },
        body: JSON.stringify({ message: answer }),
      });
      const { status } = taskOf((await response.json()) as { task?: Task });
      ended = status.state === 'TASK_STATE_COMPLETED';
      answers.push(answer.messageId);
    }
    const span = await here.one('invoke_agent interview');
    expect(span).toMatchObject({ traceId, attributes: { 'a2a.task.state': 'TASK_STATE_COMPLETED' } });
    // What came later is of other traces, to which it leads.
    const further = here
      .all()
      .filter(({ attributes }) => answers.includes(attributes['a2a.message.id'] as string));
    expect(span.links).toEqual(further.map(({ spanId }) => spanId));
    expect(further.map((each) => each.traceId)).not.toContain(traceId);
  }, 60_000);

  it('tells nothing when a history is replayed', async () => {
    const { task } = await send('relay');
    await here.one('invoke_agent relay');
    const history = await first.temporal.client.workflow.getHandle(task.id).fetchHistory();
    here.clear();
    await Worker.runReplayHistory(
      {
        workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' },
        plugins: [new A2APlugin({ tracing: here.tracing })],
      },
      history,
      task.id,
    );
    expect(here.all()).toEqual([]);
  }, 60_000);

  it('has one span for a task that goes on as new', async () => {
    const steps: Step[] = [{ working: 'a' }, { continueAsNew: true }, { complete: { text: 'b' } }];
    const { traceId, task } = await send('script', { message: scripted(steps).message });
    const span = await here.one('invoke_agent script');
    expect(span).toMatchObject({ traceId, attributes: { 'a2a.task.id': task.id } });
    const { runId, startTime } = await first.temporal.client.workflow.getHandle(task.id).describe();
    expect(span.attributes.temporalRunID).toBe(runId);
    expect(span.begun).toBeLessThan(startTime.getTime());
    const [started] = await headersOf(task.id);
    expect(readTraceHeader(started as never)?.traceparent).toContain(traceId);
  }, 60_000);

  it('has a span for each attempt of a call', async () => {
    const agent = await startRawAgent();
    agent.card = rawCard(`${agent.url}/rpc`);
    let refused = 0;
    agent.answer = (_request, reply) => {
      if (refused++ === 0) reply.status(503);
      else reply.result({ task: { id: 'there', contextId: 'c', status: status('COMPLETED') } });
    };
    const { traceId } = await send('caller', { message: calling(agent.url) });
    const calls = await eventually(() => {
      const found = here.all().filter(({ kind }) => kind === 'client');
      return found.length === 2 && found;
    });
    expect(calls.map(({ attributes, failed }) => [attributes.temporalActivityAttempt, failed])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(new Set(calls.map((call) => `${call.traceId} ${call.parent}`)).size).toBe(1);
    expect(calls[0]).toMatchObject({ traceId, attributes: { 'error.type': expect.stringMatching(/^A2A_/) } });
  }, 60_000);

  it('has a span for each turn of a model', async () => {
    model.answer({ text: ['Hello'], usage: [7, 3] });
    const { traceId } = await send('model');
    const task = await here.one('invoke_agent model');
    expect(await here.one('chat tiny')).toMatchObject({
      ...{ kind: 'client', traceId, parent: task.spanId, failed: false },
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'tiny',
        'gen_ai.usage.input_tokens': 7,
        'gen_ai.usage.output_tokens': 3,
      },
    });
  }, 60_000);

  it('says that a task has failed, and why', async () => {
    const { task } = await send('script', { message: scripted([{ fail: 'no luck' }]).message });
    expect(await here.one('invoke_agent script')).toMatchObject({
      failed: true,
      attributes: {
        'a2a.task.id': task.id,
        'a2a.task.state': 'TASK_STATE_FAILED',
        'error.type': expect.any(String),
      },
    });
    expect(await here.one('SendMessage')).toMatchObject({ failed: false });
  }, 60_000);

  it('is not recorded when its client says so, and leads on all the same', async () => {
    const { traceId, task } = await send('relay', {}, '00');
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    const headers = await headersOf(task.id);
    expect(headers.length).toBeGreaterThan(1);
    for (const fields of headers) {
      expect(readTraceHeader(fields as never)?.traceparent).toMatch(new RegExp(`^00-${traceId}-\\w{16}-00$`));
    }
    // A task of a trace that is recorded comes after all that the other could have told.
    await send('greeter');
    await here.one('invoke_agent greeter');
    expect([...here.all(), ...there.all()].filter((span) => span.traceId === traceId)).toEqual([]);
  }, 60_000);

  it('is in the header field that the interceptors of all SDKs of Temporal read', async () => {
    const { traceId, task } = await send('relay');
    const { events } = await first.temporal.client.workflow.getHandle(task.id).fetchHistory();
    const started = events?.[0]?.workflowExecutionStartedEventAttributes?.header?.fields?.[TRACE_HEADER];
    expect(Buffer.from(started?.metadata?.encoding ?? []).toString()).toBe('json/plain');
    expect(JSON.parse(Buffer.from(started?.data ?? []).toString())).toEqual({
      traceparent: expect.stringContaining(traceId),
      tracestate: 'vendor=1',
    });
  }, 60_000);
});

describe('messages', () => {
  it('are in the spans of those who ask for them, over HTTP and gRPC', async () => {
    const said: Spans = collectSpans({ content: true });
    const harness = await startHarness({
      agents: [{ id: 'echo' }, { id: 'front', proxy: { url: `${second.url}/a2a/echo` } }],
      app: true,
      grpc: true,
      tracing: said.tracing,
    });
    const written = (role: string) => JSON.stringify([{ role, parts: [{ type: 'text', content: 'hello' }] }]);
    const content = {
      'gen_ai.input.messages': written('user'),
      'gen_ai.output.messages': written('assistant'),
    };
    await fetch(`${harness.url}/a2a/front/message:send`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'A2A-Version': '1.0' },
      body: JSON.stringify({ message: message('hello') }),
    });
    expect(await said.one('SendMessage')).toMatchObject({ attributes: content });
    const calls = said.all().filter(({ kind }) => kind === 'client');
    expect(calls.map(({ attributes }) => attributes)).toEqual([expect.objectContaining(content)]);
    said.clear();
    const sent = SendMessageRequest.fromJSON({ message: message('hello'), tenant: 'echo' });
    await rawClient(await grpcOf(harness)).call('sendMessage', sent);
    expect(await said.one('SendMessage')).toMatchObject({ attributes: content });
  }, 60_000);
});

describe('without tracing', () => {
  it('no header leads on, whatever the client sends', async () => {
    const off = await startHarness({ agents: [{ id: 'echo' }], app: true, push: true });
    const response = await fetch(`${off.url}/message:send`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'A2A-Version': '1.0',
        traceparent: `00-${hex(32)}-${hex(16)}-01`,
      },
      body: JSON.stringify({
        message: message('hello'),
        configuration: { taskPushNotificationConfig: { url: receiver.url } },
      }),
    });
    const { id } = taskOf((await response.json()) as { task?: Task });
    for (const workflowId of [id, pushWorkflowId(id)]) {
      for (const fields of await headersOf(workflowId)) expect(fields).not.toHaveProperty(TRACE_HEADER);
    }
  }, 60_000);
});

async function grpcOf({ url }: Harness): Promise<string> {
  const response = await fetch(`${url}/.well-known/agent-card.json`);
  const { supportedInterfaces } = (await response.json()) as AgentCard;
  return supportedInterfaces.find(({ protocolBinding }) => protocolBinding === 'GRPC')?.url ?? '';
}

function calling(to: string) {
  const plan: CallPlan = { calls: [{ to, say: [{ text: 'hello' }] }] };
  return message([{ data: plan as never }]);
}

function isFinal({ task, statusUpdate }: { task?: unknown; statusUpdate?: unknown }): boolean {
  const { status } = (task ?? statusUpdate ?? {}) as { status?: Task['status'] };
  return status?.state === 'TASK_STATE_COMPLETED';
}

function timeOf({ begun, ended }: Told): number {
  return ended - begun;
}
