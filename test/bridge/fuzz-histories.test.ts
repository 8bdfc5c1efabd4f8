import { Task as SdkTask } from '@a2a-js/sdk';
import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import fc from 'fast-check';
import { isTerminal } from '../../src/a2a/task-update';
import type { StreamResponse, Task } from '../../src/a2a/types';
import { streamResponse as streamSchema, task as taskSchema } from '../a2a/wire-schema';
import { BINDINGS } from '../api/harness';
import { type RawClient, rawClient } from '../grpc/harness';
import { type Receiver, startReceiver } from '../push/receiver';
import { type Harness, message, readAll, startHarness } from '../support/harness';
import {
  applicationFailure,
  type Command,
  cancel,
  complete,
  continueAsNew,
  type Failure,
  fail,
  payload,
  type RawTask,
  startRawWorker,
  startTimer,
  upsertMemo,
} from '../support/raw-worker';
import { eventually, randomTaskQueue } from '../support/temporal';

/**
 * Whatever workflows write, in whatever encoding: every operation on every binding answers, with what A2A allows, and
 * the tasks that can be read are not touched by those that cannot.
 */

const LIST = { pageSize: 100, includeArtifacts: true };

// ---- what may be in a history

const text = fc.string({ unit: fc.constantFrom('a', 'é', '\u{1F600}', '\uD83D', '"', '\n'), maxLength: 4 });

/** Mostly right, often null, now and then anything. */
const or = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );

const record = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });

const metadata = or(fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }));
const part = or(
  fc.oneof(
    record({
      text: or(text),
      raw: fc.constant(null),
      data: fc.constant(null),
      metadata,
      mediaType: or(text),
    }),
    record({ raw: or(fc.base64String({ maxLength: 8 })), filename: or(text) }),
    record({ data: fc.jsonValue({ maxDepth: 2 }) }),
    record({ url: or(fc.webUrl()) }),
  ),
);
const parts = or(fc.array(part, { maxLength: 3 }));
const role = or(fc.constantFrom('ROLE_AGENT', 'ROLE_USER', 2));
const said = or(record({ messageId: or(fc.uuid()), role, parts, metadata, extensions: or(fc.array(text)) }));
const artifact = or(record({ artifactId: or(fc.constantFrom('a', 'b')), name: or(text), parts, metadata }));
const artifacts = or(fc.array(artifact, { maxLength: 3 }));
const timestamp = or(fc.constantFrom('2025-01-01T00:00:00Z', '2025-01-01T01:00:00.1+01:00', 'soon'));
const status = (states: unknown[]) =>
  or(record({ state: or(fc.constantFrom(...states)), message: said, timestamp }));
const open = ['TASK_STATE_WORKING', 'TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_COMPLETED', 2];
const ended = ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_REJECTED', 'TASK_STATE_WORKING'];

const update = or(
  fc.oneof(
    record({
      statusUpdate: or(record({ status: status(open), metadata })),
      artifactUpdate: fc.constant(null),
    }),
    record({
      artifactUpdate: or(record({ artifact, append: or(fc.boolean()), lastChunk: or(fc.boolean()) })),
    }),
  ),
);

const updates = fc.oneof(update, fc.array(update, { maxLength: 3 }));

const task = record({ id: or(text), contextId: or(text), status: status(ended), artifacts, metadata });

const result = fc.oneof(task, said, fc.jsonValue({ maxDepth: 3 }));

const start = record({
  task: or(
    fc.oneof(
      fc.constant({ id: 'x', contextId: 'y' }),
      record({ id: text, contextId: text, status: status(open) }),
    ),
  ),
  agentId: or(text),
  message: said,
  unread: or(fc.array(said, { maxLength: 2 })),
});

const nested = fc.integer({ min: 90, max: 5_000 }).map((levels) => '['.repeat(levels) + ']'.repeat(levels));

const ENCODINGS = [
  'json/protobuf',
  'json/odd',
  'binary/plain',
  'binary/protobuf',
  'binary/encrypted',
  '',
  undefined,
];

/** Good JSON for the most part; else cut off, foreign, nested, not JSON, or in another encoding. */
const payloadOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Payload> => {
  const json = value.map((each) => JSON.stringify(each) ?? '');
  const data = fc.oneof(
    { weight: 6, arbitrary: json },
    {
      weight: 1,
      arbitrary: fc.tuple(json, fc.nat(20)).map(([all, cut]) => all.slice(0, Math.max(0, all.length - cut))),
    },
    { weight: 1, arbitrary: json.map((all) => `[NaN, -Infinity, 1e999, ${all || 'null'}]`) },
    { weight: 1, arbitrary: nested },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  );
  const encoding = fc.oneof(
    { weight: 5, arbitrary: fc.constant('json/plain') },
    { weight: 3, arbitrary: fc.constantFrom(...ENCODINGS) },
  );
  return fc.oneof(
    { weight: 9, arbitrary: fc.tuple(encoding, data).map(([name, content]) => payload(name, content)) },
    { weight: 1, arbitrary: fc.constantFrom(payload('binary/null'), payload('json/plain'), {}) },
  );
};

const failure: fc.Arbitrary<Failure> = fc.letrec<{ failure: Failure }>((tie) => ({
  failure: fc
    .record({
      kind: fc.constantFrom('application', 'activity', 'timeout', 'plain', 'child'),
      type: fc.constantFrom('Error', 'A2A_REJECTED', ''),
      says: fc.oneof(
        text.map((each) => each.toWellFormed()),
        fc.constant(''),
      ),
      details: fc.array(payloadOf(fc.jsonValue()), { maxLength: 2 }),
      encoded: fc.option(payloadOf(record({ message: or(text) })), { nil: undefined }),
      cause: fc.option(tie('failure'), { nil: undefined, depthSize: 'small' }),
    })
    .map(({ kind, type, says, details, encoded, cause }) => {
      const more = { ...(encoded && { encodedAttributes: encoded }), ...(cause && { cause }) };
      if (kind === 'application') {
        return applicationFailure(says, details, { applicationFailureInfo: { type }, ...more });
      }
      const info = {
        activity: { activityFailureInfo: { activityType: { name: 'a' } } },
        timeout: { timeoutFailureInfo: { lastHeartbeatDetails: { payloads: details } } },
        child: { childWorkflowExecutionFailureInfo: { workflowType: { name: 'c' } } },
        plain: {},
      }[kind as 'plain'];
      return { message: says, ...info, ...more };
    }),
})).failure;

type Ending =
  | { complete: Payload | undefined }
  | { fail: Failure }
  | { continueAs: Payload }
  | { cancel: true };

interface Story {
  /** With a TaskStart that the bridge has written, or one that somebody else has started so. */
  start: Payload | undefined;
  plain: boolean;
  memos: Payload[];
  signals: { name: string; argument: Payload }[];
  ending: Ending;
}

const story: fc.Arbitrary<Story> = fc.record({
  start: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: payloadOf(start) },
  ),
  plain: fc.boolean(),
  memos: fc.array(payloadOf(update), { maxLength: 3 }),
  signals: fc.array(
    fc.oneof(
      payloadOf(updates).map((argument) => ({ name: 'a2a_update', argument })),
      payloadOf(said).map((argument) => ({ name: 'a2a_message', argument })),
      payloadOf(fc.jsonValue()).map((argument) => ({ name: 'other', argument })),
    ),
    { maxLength: 3 },
  ),
  ending: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.option(payloadOf(result), { nil: undefined }).map((value) => ({ complete: value })),
    },
    { weight: 4, arbitrary: failure.map((value) => ({ fail: value })) },
    { weight: 1, arbitrary: payloadOf(start).map((value) => ({ continueAs: value })) },
    { weight: 1, arbitrary: fc.constant({ cancel: true as const }) },
  ),
});

// ---- the workflows that write them

const taskQueue = randomTaskQueue();
const stories = new Map<string, Story>();
const byWorkflow = new Map<string, Story>();

/** A workflow finds its story by its ID, or by the words of its first message. */
function storyOf({ workflowId, events }: RawTask): Story {
  const known = byWorkflow.get(workflowId);
  if (known !== undefined) return known;
  const { data } = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0] ?? {};
  const key = /story-\d+/.exec(Buffer.from(data ?? '').toString())?.[0] ?? '';
  const found = stories.get(key);
  if (found === undefined) throw new Error(`workflow ${workflowId} has no story`);
  byWorkflow.set(workflowId, found);
  return found;
}

function decide(task: RawTask): Command[] {
  const { memos, signals, ending } = storyOf(task);
  const { events } = task;
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  if (started?.continuedExecutionRunId) return [complete()];
  const isFirst = !events.some((event) => event.timerStartedEventAttributes);
  const before = isFirst ? [startTimer('1'), ...memos.map((each) => upsertMemo({ a2a_update: each }))] : [];
  if (task.signals.length < signals.length) return before;
  if ('complete' in ending) return [...before, complete(ending.complete)];
  if ('fail' in ending) return [...before, fail(ending.fail)];
  if ('cancel' in ending) return [...before, cancel()];
  return [...before, continueAsNew(task, taskQueue, ending.continueAs)];
}

let harness: Harness;
let receiver: Receiver;
let grpc: RawClient;

beforeAll(async () => {
  const agents = [
    { id: 'fuzzed', workflow: { taskQueue } },
    { id: 'fuzzedPlain', workflow: { taskQueue, input: 'text' as const } },
  ];
  harness = await startHarness({ agents, push: true, app: true, grpc: true });
  receiver = await startReceiver();
  await startRawWorker(harness.temporal, taskQueue, decide);
  const card = (await (await fetch(`${harness.url}/.well-known/agent-card.json`)).json()) as {
    supportedInterfaces: { protocolBinding: string; url: string }[];
  };
  const { url = '' } =
    card.supportedInterfaces.find(({ protocolBinding }) => protocolBinding === 'GRPC') ?? {};
  grpc = rawClient(url.replace(/^https?:\/\//, ''));
}, 60_000);

const service = () => harness.temporal.client.workflowService;
const at = (agentId: string) => `${harness.url}/a2a/${agentId}`;

let counter = 0;

/** Starts the story's task, in one of the three bindings, with a webhook. */
async function begin(each: Story): Promise<{ id: string; agentId: string }> {
  counter += 1;
  const key = `story-${counter}`;
  stories.set(key, each);
  const agentId = each.plain ? 'fuzzedPlain' : 'fuzzed';
  if (each.start !== undefined) return { id: await startByHand(key, agentId, each.start), agentId };
  const configuration = {
    returnImmediately: true,
    taskPushNotificationConfig: { url: `${receiver.url}?${key}` },
  };
  const request = { message: message(key), configuration };
  const binding = BINDINGS[counter % BINDINGS.length];
  if (binding === undefined) throw new Error('there is no binding');
  const { result, error } = await binding.call(at(agentId), 'SendMessage', request);
  expect(error).toBeUndefined();
  return { id: (result as { task: Task }).task.id, agentId };
}

/** As somebody may start a workflow who knows which search attributes the bridge goes by. */
async function startByHand(key: string, agentId: string, argument: Payload): Promise<string> {
  const workflowId = `fuzz-${key}-${Date.now()}`;
  const found = stories.get(key);
  if (found !== undefined) byWorkflow.set(workflowId, found);
  const keyword = (value: string): Payload =>
    payload('json/plain', JSON.stringify(value), { type: 'Keyword' });
  await service().startWorkflowExecution({
    namespace: 'default',
    workflowId,
    workflowType: { name: agentId },
    taskQueue: { name: taskQueue },
    input: { payloads: [argument] },
    requestId: workflowId,
    searchAttributes: {
      indexedFields: {
        A2aAgent: keyword(agentId),
        A2aOwner: keyword('anonymous'),
        A2aContext: keyword('a%20context'),
        A2aState: keyword('TASK_STATE_SUBMITTED'),
        A2aUpdatedAt: payload('json/plain', JSON.stringify(new Date().toISOString()), { type: 'Datetime' }),
      },
    },
  });
  return workflowId;
}

async function sendSignals(id: string, { signals }: Story): Promise<void> {
  for (const { name, argument } of signals) {
    await service().signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: id },
      signalName: name,
      input: { payloads: [argument] },
    });
  }
}

async function closed(id: string): Promise<void> {
  const { WORKFLOW_EXECUTION_STATUS_RUNNING } = temporal.api.enums.v1.WorkflowExecutionStatus;
  await eventually(async () => {
    const { workflowExecutionInfo } = await service().describeWorkflowExecution({
      namespace: 'default',
      execution: { workflowId: id },
    });
    return workflowExecutionInfo?.status !== WORKFLOW_EXECUTION_STATUS_RUNNING;
  });
}

/** A2A allows it, as it is. */
function checkTask(task: Task): void {
  expect(taskSchema.parse(task)).toEqual(task);
  expect(isTerminal(task.status.state)).toBe(true);
}

async function checkReads(id: string, agentId: string): Promise<void> {
  const answers: unknown[] = [];
  for (const binding of BINDINGS) {
    const { result, error } = await binding.call(at(agentId), 'GetTask', { id });
    expect(error).toBeUndefined();
    answers.push(result);
  }
  const [task, other] = answers as [Task, Task];
  checkTask(task);
  expect(other).toEqual(task);
  const sdkTask = await grpc.call('getTask', { id, tenant: agentId });
  expect((SdkTask.toJSON(sdkTask) as Task).status.state).toBe(task.status.state);
  expect(sdkTask.artifacts).toHaveLength(task.artifacts?.length ?? 0);
  const older = await fetch(at(agentId), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { id } }),
  });
  expect(await older.json()).toMatchObject({ result: { id } });
  await checkStream(id, agentId, task);
}

/** From the first event on, and so to the end. */
async function checkStream(id: string, agentId: string, task: Task): Promise<void> {
  const { workflowExecutionInfo } = await service().describeWorkflowExecution({
    namespace: 'default',
    execution: { workflowId: id },
  });
  const first = workflowExecutionInfo?.firstRunId ?? '';
  const call = { ...harness.call(agentId, 'anonymous') };
  const events = await readAll(await harness.newBridge().subscribeToTask({ id }, call, `${first}:1`));
  for (const { response } of events) expect(streamSchema.parse(response)).toEqual(response);
  expect(events.at(-1)?.response.statusUpdate?.status).toEqual(task.status);
}

async function checkLists(agentId: string, ids: string[]): Promise<void> {
  const wanted = [...ids].sort();
  for (const binding of BINDINGS) {
    await eventually(async () => {
      const { result, error } = await binding.call(at(agentId), 'ListTasks', LIST);
      expect(error).toBeUndefined();
      const { tasks } = result as { tasks: Task[] };
      const found = tasks.filter(({ id }) => ids.includes(id));
      expect(found.map(({ id }) => id).sort()).toEqual(wanted);
      for (const each of found) checkTask(each);
      return true;
    });
  }
  const { tasks } = await grpc.call('listTasks', { ...LIST, tenant: agentId });
  expect(tasks.map(({ id }: Task) => id)).toEqual(expect.arrayContaining(wanted));
}

it('nothing that a workflow writes breaks an operation, a list, a stream or a webhook', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(story, { minLength: 5, maxLength: 8 }), async (batch) => {
      const tasks = await Promise.all(
        batch.map(async (each) => {
          const task = await begin(each);
          await sendSignals(task.id, each);
          await closed(task.id);
          return task;
        }),
      );
      for (const { id, agentId } of tasks) await checkReads(id, agentId);
      for (const agentId of ['fuzzed', 'fuzzedPlain']) {
        const ids = tasks.filter((each) => each.agentId === agentId).map(({ id }) => id);
        if (ids.length > 0) await checkLists(agentId, ids);
      }
      const told = batch.filter((each) => each.start === undefined).length;
      const last = new Map<string, StreamResponse>();
      await eventually(() => {
        for (const { path, json } of receiver.taken) last.set(path, json);
        const ends = [...last.values()].filter(
          ({ statusUpdate }) => statusUpdate !== undefined && isTerminal(statusUpdate.status.state),
        );
        return ends.length === told;
      });
      for (const { json } of receiver.taken.splice(0)) expect(streamSchema.parse(json)).toEqual(json);
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 240_000);
