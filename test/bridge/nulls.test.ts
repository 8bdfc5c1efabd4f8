import type { Payload } from '@temporalio/common';
import type { Task } from '../../src/a2a/types';
import { foldHistory } from '../../src/bridge/history';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import {
  type Harness,
  immediate,
  message,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import {
  complete,
  continueAsNew,
  json,
  type RawTask,
  startRawWorker,
  upsertMemo,
} from '../support/raw-worker';
import { eventually, randomTaskQueue } from '../support/temporal';

/** Python dataclasses write null for every field that is not set: as absent fields, these must not be there. */

let harness: Harness;
const taskQueue = randomTaskQueue();
const warnings: [fields: Record<string, unknown>, text: string][] = [];
const logger = { info: () => {}, warn: (...args: unknown[]) => void warnings.push(args as never) };

const part = (text: string) => ({
  ...{ text, raw: null, url: null, data: null, metadata: null, filename: null, mediaType: null },
});
const said = (text: string) => ({
  ...{ messageId: text, contextId: null, taskId: null, role: 'ROLE_AGENT', parts: [part(text)] },
  ...{ metadata: null, extensions: null, referenceTaskIds: null },
});
const artifact = (text: string) => ({
  ...{
    artifactId: 'a',
    name: null,
    description: null,
    parts: [part(text)],
    metadata: null,
    extensions: null,
  },
});
const question = {
  statusUpdate: {
    status: { state: 'TASK_STATE_INPUT_REQUIRED', message: null, timestamp: null },
    metadata: null,
  },
  artifactUpdate: null,
};

/** Results by the agent that has them. */
const RESULTS: Record<string, unknown> = {
  failedTask: {
    ...{ id: 'x', contextId: null, artifacts: null, history: null, metadata: null },
    status: { state: 'TASK_STATE_FAILED', message: null, timestamp: null },
  },
  fullTask: {
    ...{ id: 'x', contextId: null, history: null, metadata: null, artifacts: [artifact('done')] },
    status: { state: 'TASK_STATE_REJECTED', message: said('no'), timestamp: null },
  },
  replier: said('hello'),
  halfTask: {
    id: 'x',
    status: { state: 'TASK_STATE_COMPLETED', message: { parts: 'none' } },
    artifacts: [{ artifactId: 'good', parts: [{ text: 'kept' }, { text: 5 }] }, { parts: [] }],
  },
};

/** Argument 0 of a run, as its worker sees it. */
function startOf({ events }: RawTask) {
  const { input } = events[0]?.workflowExecutionStartedEventAttributes ?? {};
  return JSON.parse(Buffer.from(input?.payloads?.[0]?.data ?? '').toString());
}

function decide(task: RawTask) {
  const { workflowType, signals, events } = task;
  if (workflowType in RESULTS) return [complete(json(RESULTS[workflowType]))];
  const start = startOf(task);
  if (workflowType === 'carrier') {
    if (start.task.status !== undefined && start.task.status !== null) return [complete(json('end'))];
    const nulls = { status: null, artifacts: null, history: null, metadata: null };
    const first = start.metadata === undefined;
    const next = first
      ? {
          ...start,
          task: { ...start.task, ...nulls },
          metadata: null,
          acceptedOutputModes: null,
          unread: null,
        }
      : {
          ...start,
          task: {
            ...start.task,
            ...nulls,
            status: { state: 'TASK_STATE_WORKING', message: said('on'), timestamp: null },
          },
        };
    return [continueAsNew(task, taskQueue, json(next))];
  }
  if (signals.includes('a2a_message')) return [complete(json('answered'))];
  const isFirst = !events.some((event) => event.workflowPropertiesModifiedEventAttributes);
  return isFirst ? [upsertMemo({ a2a_update: json(question) }), upsertMemo({ a2a_update: json(null) })] : [];
}

beforeAll(async () => {
  const ids = [...Object.keys(RESULTS), 'asker', 'carrier'];
  harness = await startHarness({
    agents: [{ id: 'script' }, ...ids.map((id) => ({ id, workflow: { taskQueue } }))],
    bridge: { logger },
  });
  await startRawWorker(harness.temporal, taskQueue, decide);
}, 60_000);

const send = async (agentId: string) =>
  taskOf(await harness.bridge.sendMessage(request('hi'), harness.call(agentId)));

it('asks with a question that holds nulls, and takes the answer', async () => {
  const asked = await send('asker');
  expect(asked.status).toEqual({ state: 'TASK_STATE_INPUT_REQUIRED' });
  const answer = { message: message('yes', { taskId: asked.id }) };
  const answered = taskOf(await harness.bridge.sendMessage(answer, harness.call('asker')));
  expect(answered.status.state).toBe('TASK_STATE_COMPLETED');
});

it('ends as a Task that holds nulls says', async () => {
  const failed = await send('failedTask');
  expect(failed.status).toEqual({ state: 'TASK_STATE_FAILED', timestamp: expect.any(String) });
  expect(failed.artifacts).toBeUndefined();
  const full = await send('fullTask');
  expect(full).toMatchObject({
    status: { state: 'TASK_STATE_REJECTED', message: { parts: [{ text: 'no' }] } },
    artifacts: [{ artifactId: 'a', parts: [{ text: 'done' }] }],
  });
  expect(JSON.stringify([failed, full])).not.toContain('null');
});

it('answers with a Message that holds nulls', async () => {
  const { message: answer } = await harness.bridge.sendMessage(request('hi'), harness.call('replier'));
  expect(answer).toEqual({
    messageId: 'hello',
    contextId: expect.any(String),
    role: 'ROLE_AGENT',
    parts: [{ text: 'hello' }],
  });
});

it('goes on as new with nulls in its TaskStart', async () => {
  const task = await send('carrier');
  expect(task).toMatchObject({
    status: { state: 'TASK_STATE_COMPLETED' },
    artifacts: [{ artifactId: 'result', parts: [{ text: 'end' }] }],
  });
  expect(JSON.stringify(task)).not.toContain('null');
});

it('leaves out what is malformed, and tells operators where', async () => {
  const task = await send('halfTask');
  expect(task.status).toEqual({ state: 'TASK_STATE_COMPLETED', timestamp: expect.any(String) });
  expect(task.artifacts).toEqual([{ artifactId: 'good', parts: [{ text: 'kept' }] }]);
  const told = warnings.filter(([fields]) => fields.task === task.id);
  expect(told.map(([fields]) => fields.field)).toEqual([
    'result.status.message.messageId',
    'result.status.message.parts',
    'result.artifacts[0].parts[1].text',
    'result.artifacts[1].artifactId',
  ]);
  expect(told[0]).toEqual([
    { agent: 'halfTask', task: task.id, field: 'result.status.message.messageId' },
    'result.status.message.messageId must be a non-empty string, got nothing; it is left out',
  ]);
});

it('is the same for the workflow and for its history', async () => {
  const call = harness.call('script');
  const { id } = taskOf(
    await harness.bridge.sendMessage(immediate(scripted([{ next: true }, { forever: true }])), call),
  );
  const signal = (signalName: string, argument: Payload) =>
    harness.temporal.client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: id },
      signalName,
      input: { payloads: [argument] },
    });
  await signal('a2a_update', json([question, { artifactUpdate: { artifact: artifact('1'), append: null } }]));
  await signal('a2a_update', json({ status_update: { status: { state: 2, message: said('on') } } }));
  await signal('a2a_update', json([{ statusUpdate: { status: { state: 'NO' } } }, null, 7]));
  await signal('a2a_message', json({ ...said('me'), role: null }));
  const queried = await eventually(async () => {
    const task = await harness.temporal.client.workflow.getHandle(id).query<Task>('a2a_task');
    return task.history?.length === 2 && task.status.message?.parts[0]?.text === 'me' && task;
  });
  const { task } = await foldHistory(new TemporalCalls(harness.temporal.client), { workflowId: id });
  expect(task).toEqual(queried);
  expect(await harness.newBridge().getTask({ id }, call)).toEqual(queried);
  expect(JSON.stringify(queried)).not.toContain('null');
  expect(queried.artifacts).toEqual([{ artifactId: 'a', parts: [{ text: '1' }] }]);
});
