import { randomUUID } from 'node:crypto';
import { status as GRPC, Metadata } from '@grpc/grpc-js';
import type { Task, TaskState } from '../../src/a2a/types';
import { type CountedTemporal, countCalls } from '../support/calls';
import { type Harness, immediate, request, scripted, startHarness, taskOf } from '../support/harness';
import { connectTestTemporal, eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

const ORDER = { customer: 'Ada', items: [{ sku: 'tea', quantity: 2, unitPrice: 3 }] };

/** Lists of ended tasks, of which Temporal's own list tells what there is to show. */

let harness: Harness;
let temporal: CountedTemporal;

beforeAll(async () => {
  temporal = countCalls(await connectTestTemporal());
  harness = await startHarness({
    temporal,
    agents: [
      { id: 'script' },
      { id: 'echo' },
      { id: 'repeating', workflow: { type: 'echo' }, repeatAnswer: true },
      { id: 'interview' },
      { id: 'plain', workflow: { type: 'invoice', input: 'data' } },
      { id: 'plainReporter', workflow: { input: 'text' } },
      { id: 'tour', chain: { steps: [{ name: 'repeat', agent: 'echo' }] } },
    ],
  });
}, 60_000);

let owner: string;

beforeEach(() => {
  owner = `owner-${randomUUID()}`;
});

const call = (agentId: string) => harness.call(agentId, owner);

const begin = async (...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), call('script')));

const send = async (agentId: string, ...given: Parameters<typeof request>) =>
  taskOf(await harness.bridge.sendMessage(request(...given), call(agentId)));

/** Visibility follows the history a little later. */
const closed = (count: number, agentId: string) =>
  eventually(async () => {
    const query = `A2aAgent = '${agentId}' AND A2aOwner = '${owner}' AND CloseTime IS NOT NULL`;
    const answer = await temporal.client.workflowService.countWorkflowExecutions({
      namespace: temporal.namespace,
      query,
    });
    return Number(answer.count) === count;
  });

/** What a node that has read nothing lists, and the histories and closing events that it has read for it. */
async function listedCold(agentId: string, status?: TaskState) {
  const before = temporal.made('getWorkflowExecutionHistory') + temporal.made('describeWorkflowExecution');
  const request = status === undefined ? {} : { status };
  const { tasks } = await harness.newBridge().listTasks(request, call(agentId));
  const after = temporal.made('getWorkflowExecutionHistory') + temporal.made('describeWorkflowExecution');
  return { tasks, reads: after - before };
}

/** As GetTask has them, without artifacts. */
async function got(agentId: string, ids: string[]): Promise<Task[]> {
  const tasks = await Promise.all(ids.map((id) => harness.bridge.getTask({ id }, call(agentId))));
  return tasks.map(({ artifacts: _, ...task }) => task);
}

async function expectListed(agentId: string, reads: number, status?: TaskState): Promise<void> {
  const cold = await listedCold(agentId, status);
  const ids = cold.tasks.map(({ id }) => id);
  expect(cold.tasks).toEqual(await got(agentId, ids));
  expect([agentId, cold.reads]).toEqual([agentId, reads]);
}

/** What a task costs Temporal: events, those of workflow tasks left out, and workflow tasks that change visibility. */
async function costOf({ id }: Task): Promise<{ events: number; visibilityWrites: number }> {
  const history = await temporal.client.workflow.getHandle(id).fetchHistory();
  const events = (history.events ?? []).filter(
    ({
      workflowTaskScheduledEventAttributes: scheduled,
      workflowTaskStartedEventAttributes: started,
      ...rest
    }) => !scheduled && !started && !rest.workflowTaskCompletedEventAttributes,
  );
  const changes = events.flatMap((event) => {
    const { workflowTaskCompletedEventId: by } =
      event.workflowPropertiesModifiedEventAttributes ??
      event.upsertWorkflowSearchAttributesEventAttributes ??
      {};
    return by ? [String(by)] : [];
  });
  return { events: events.length, visibilityWrites: new Set(changes).size };
}

it('reads no history for a page of ended tasks', async () => {
  await Promise.all(Array.from({ length: 50 }, (_, number) => send('echo', `echo ${number}`)));
  await closed(50, 'echo');
  await expectListed('echo', 0);
  await expectListed('echo', 0, 'TASK_STATE_COMPLETED');
  expect((await listedCold('echo')).tasks).toHaveLength(50);
});

it('shows a conversation and what was told by metadata', async () => {
  const asked = await send('interview', 'twice, please');
  await send('interview', 'Ada', { taskId: asked.id });
  await send('interview', 'blue', { taskId: asked.id });
  await closed(1, 'interview');
  await expectListed('interview', 0);

  const done = await begin(
    { working: 'on', metadata: { step: 1 } },
    { pause: true },
    { working: 'still', metadata: { step: 2 } },
    { complete: {} },
  );
  await closed(1, 'script');
  const { tasks } = await listedCold('script');
  expect(tasks).toMatchObject([{ id: done.id, metadata: { step: 2 } }]);
  await expectListed('script', 0);
});

it('shows plain tasks and chains, and the tasks that a chain has called', async () => {
  await send('plain', [{ data: ORDER }]);
  await send('tour');
  await closed(1, 'plain');
  await closed(1, 'tour');
  await closed(1, 'echo');
  await expectListed('plain', 0);
  await expectListed('tour', 0);
  await expectListed('echo', 0);
});

it('shows a canceled task', async () => {
  const { id } = await begin({ working: 'on' }, { forever: true });
  await harness.bridge.cancelTask({ id }, call('script'));
  await closed(1, 'script');
  await expectListed('script', 0);
  await expectListed('script', 0, 'TASK_STATE_CANCELED');
});

it('reads the closing event for the message of a failure, once', async () => {
  await begin({ fail: 'no way' });
  await begin({ reject: 'not this' });
  await closed(2, 'script');
  await expectListed('script', 2);
  const bridge = harness.newBridge();
  await bridge.listTasks({}, call('script'));
  const before = temporal.made('getWorkflowExecutionHistory');
  const { tasks } = await bridge.listTasks({}, call('script'));
  expect(temporal.made('getWorkflowExecutionHistory')).toBe(before);
  expect(tasks.map(({ status }) => status.message?.parts[0]?.text).sort()).toEqual(['no way', 'not this']);
});

it.each<[string, Step[]]>([
  ['closing words', [{ complete: { message: 'bye' } }]],
  [
    'metadata that an activity reports',
    [{ report: [{ statusUpdate: { status: { state: 'TASK_STATE_WORKING' }, metadata: { cost: 1 } } }] }],
  ],
  ['a large message', [{ working: 'on', metadata: { large: 'x'.repeat(10_000) } }, { pause: true }]],
  ['a result of its own', [{ result: { role: 'ROLE_AGENT', messageId: 'm', parts: [{ text: 'hi' }] } }]],
])('reads the history where the memo does not tell all: %s', async (_what, steps) => {
  await begin(...steps);
  await closed(1, 'script');
  const cold = await listedCold('script');
  expect(cold.tasks).toEqual(
    await got(
      'script',
      cold.tasks.map(({ id }) => id),
    ),
  );
  expect(cold.tasks).toHaveLength(1);
  expect(cold.reads).toBeGreaterThan(0);
});

it.each(['activity', 'memo'])('shows what a plain workflow tells of its task: by its %s', async (how) => {
  await send('plainReporter', how);
  await closed(1, 'plainReporter');
  const { tasks } = await listedCold('plainReporter');
  expect(tasks).toMatchObject([{ metadata: { told: how } }]);
  expect(tasks).toEqual(
    await got(
      'plainReporter',
      tasks.map(({ id }) => id),
    ),
  );
});

it('shows a result that looks like a Task and is none', async () => {
  await begin({ result: { id: '', status: { state: 'TASK_STATE_FAILED' } } });
  await closed(1, 'script');
  await expectListed('script', 0, 'TASK_STATE_COMPLETED');
  expect((await listedCold('script', 'TASK_STATE_COMPLETED')).tasks).toHaveLength(1);
  expect((await listedCold('script', 'TASK_STATE_FAILED')).tasks).toHaveLength(0);
});

it('asks for a page of ended tasks once, and whether they have other runs', async () => {
  await Promise.all(Array.from({ length: 8 }, () => send('echo')));
  await closed(8, 'echo');
  const bridge = harness.newBridge();
  const calls = async (pageToken?: string) => {
    const names = ['listWorkflowExecutions', 'countWorkflowExecutions'];
    const before = names.map(temporal.made);
    const page = { pageSize: 1, ...(pageToken !== undefined && { pageToken }) };
    const { nextPageToken } = await bridge.listTasks(page, call('echo'));
    return { nextPageToken, made: names.map((name, at) => temporal.made(name) - Number(before[at])) };
  };
  // The page, and for the total those whose ends are in doubt.
  const first = await calls();
  expect(first.made).toEqual([2, 2]);
  const second = await calls(first.nextPageToken);
  expect(second.made).toEqual([1, 1]);
  expect((await calls(first.nextPageToken)).made).toEqual([1, 0]);
});

it('lists running tasks on servers that know nothing of paused ones', async () => {
  const { id } = await begin({ working: 'on' }, { forever: true });
  const unknown = Object.assign(new Error("invalid value 'Paused'"), {
    code: GRPC.INVALID_ARGUMENT,
    details: "invalid value 'Paused'",
    metadata: new Metadata(),
  });
  temporal.refuse = (_name, asked) =>
    'query' in asked && String(asked.query).includes("'Paused'") ? unknown : undefined;
  const bridge = harness.newBridge();
  try {
    const listed = await eventually(async () => {
      const { tasks } = await bridge.listTasks({ status: 'TASK_STATE_WORKING' }, call('script'));
      return tasks.length > 0 && tasks;
    });
    expect(listed.map((task) => task.id)).toEqual([id]);
  } finally {
    temporal.refuse = () => undefined;
  }
  await harness.bridge.cancelTask({ id }, call('script'));
});

it('shows the answer that an agent repeats in its status', async () => {
  await send('repeating', 'say it again');
  await closed(1, 'repeating');
  const { tasks } = await listedCold('repeating');
  expect(tasks.map(({ status }) => status.message?.parts)).toEqual([[{ text: 'say it again' }]]);
  expect(tasks).toEqual(
    await got(
      'repeating',
      tasks.map(({ id }) => id),
    ),
  );
});

it('adds no event to any task', async () => {
  const echo = await send('echo');
  const asked = await send('interview', 'twice, please');
  await send('interview', 'Ada', { taskId: asked.id });
  await send('interview', 'blue', { taskId: asked.id });
  const three = await begin(
    { working: '1' },
    { pause: true },
    { working: '2' },
    { pause: true },
    { working: '3' },
    { complete: {} },
  );
  const plain = await send('plain', [{ data: ORDER }]);
  await closed(1, 'script');
  const cost = await Promise.all([echo, asked, three, plain].map(costOf));
  expect(
    Object.fromEntries(['echo', 'interview', 'three', 'plain'].map((name, at) => [name, cost[at]])),
  ).toEqual({
    echo: { events: 3, visibilityWrites: 1 },
    interview: { events: 19, visibilityWrites: 3 },
    three: { events: 16, visibilityWrites: 3 },
    plain: { events: 6, visibilityWrites: 1 },
  });
});
