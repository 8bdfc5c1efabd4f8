import fc from 'fast-check';
import { applyUpdate, type TaskUpdate } from '../../src/a2a/task-update';
import type { Part, StreamResponse, Task } from '../../src/a2a/types';
import { foldHistory } from '../../src/bridge/history';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { resetWorkflow, workflowTasksCompleted } from '../support/reset';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

/**
 * The central promise: the workflow's query, the fold of its history, and the fold of what any reader saw are
 * the same Task; and a stream that was cut and resumed is the stream that was not.
 */

let harness: Harness;
let calls: TemporalCalls;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }] });
  calls = new TemporalCalls(harness.temporal.client);
}, 60_000);

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
const artifactId = fc.constantFrom('a', 'b', 'c');
const metadata = fc.dictionary(fc.constantFrom('x', 'y'), fc.integer({ min: 0, max: 9 }), { maxKeys: 2 });
const parts: fc.Arbitrary<Part[]> = fc.array(
  fc.oneof(
    text.map((each) => ({ text: each })),
    fc.constant({ data: { n: null } }),
    text.map((each) => ({ text: each, mediaType: 'text/plain' })),
  ),
  { minLength: 1, maxLength: 3 },
);

const update: fc.Arbitrary<TaskUpdate> = fc.oneof(
  fc.record({ artifactId, parts, append: fc.boolean(), lastChunk: fc.boolean() }).map((each) => ({
    artifactUpdate: {
      artifact: { artifactId: each.artifactId, parts: each.parts },
      ...(each.append && { append: true }),
      ...(each.lastChunk && { lastChunk: true }),
    },
  })),
  fc
    .record({
      state: fc.constantFrom('TASK_STATE_WORKING' as const, 'TASK_STATE_AUTH_REQUIRED' as const),
      said: fc.option(fc.record({ messageId: fc.uuid(), parts }), { nil: undefined }),
      metadata,
    })
    .map(({ state, said, metadata: more }) => ({
      statusUpdate: {
        status: {
          state,
          ...(said && { message: { ...said, role: 'ROLE_AGENT' as const } }),
          timestamp: '2025-01-01T00:00:00.000Z',
        },
        metadata: more,
      },
    })),
);

const updates = fc.array(update, { minLength: 1, maxLength: 5 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ working: text, metadata }) },
  { weight: 3, arbitrary: fc.record({ artifact: fc.record({ artifactId, text }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      chunks: fc.record({ artifactId, texts: fc.array(text, { minLength: 1, maxLength: 3 }) }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ report: updates }) },
  { weight: 2, arbitrary: fc.constant({ pause: true as const }) },
  { weight: 2, arbitrary: fc.constant({ continueAsNew: true as const }) },
);

/** What comes from outside while the workflow does its steps. */
type Outside = { signal: TaskUpdate[] } | { say: string };

const outside: fc.Arbitrary<Outside> = fc.oneof(fc.record({ signal: updates }), fc.record({ say: text }));

const story = fc.record({
  steps: fc.array(step, { maxLength: 7 }),
  outside: fc.array(outside, { maxLength: 4 }),
  cuts: fc.array(fc.nat(), { minLength: 2, maxLength: 3 }),
});

const asks = (metadata: Record<string, number>): TaskUpdate => ({
  statusUpdate: {
    status: { state: 'TASK_STATE_AUTH_REQUIRED', timestamp: '2025-01-01T00:00:00.000Z' },
    metadata,
  },
});

/** The first is not told to streams, and what it says of the task is. */
const TWO_QUESTIONS = {
  steps: [],
  outside: [{ signal: [asks({ x: 1, y: 1 }), asks({ x: 2 })] }],
  cuts: [0, 1],
};

describe('a task', () => {
  it('is the fold of its history, for every reader and over every cut', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ steps, outside, cuts }) => {
        const task = await begin(steps);
        for (const each of outside) await send(task, each);
        await settled(task);

        const query = await queried(task);
        expect(await folded(task)).toEqual(query);
        expect(await harness.newBridge().getTask({ id: task.id }, call())).toEqual(query);
        expect(heard(query, task)).toEqual(says(outside));

        const all = await uncut(task);
        const end = await harness.bridge.getTask({ id: task.id }, call());
        expect(all.map(inShort)).toContain(`working "${[...says(outside), 'stop'].join()}"`);
        expect(all.map(({ response }) => response).reduce(asClient, undefined)).toEqual(withoutMessages(end));
        for (const cut of cuts) await resume(task, all, cut % all.length);
      }),
      { numRuns: 20, endOnFailure: true, examples: [[TWO_QUESTIONS]] },
    );
  }, 120_000);
});

const says = (outside: Outside[]) => outside.flatMap((each) => ('say' in each ? [each.say] : []));

const call = () => harness.call('script');

async function begin(steps: Step[]): Promise<Task> {
  const request = scripted([...steps, { until: 'stop' }, { complete: { text: 'end' } }]);
  return taskOf(await harness.bridge.sendMessage(immediate(request), call()));
}

async function send(task: Task, what: Outside): Promise<void> {
  const handle = harness.temporal.client.workflow.getHandle(task.id);
  if ('signal' in what) return handle.signal('a2a_update', what.signal);
  const further = message(what.say, { taskId: task.id });
  await harness.bridge.sendMessage(immediate({ message: further }), call());
}

/** The workflow has done its steps, and waits. */
async function settled(task: Task): Promise<void> {
  await eventually(async () => (await queried(task)).metadata?.waits === true);
}

function queried({ id }: Task): Promise<Task> {
  return harness.temporal.client.workflow.getHandle(id).query<Task>('a2a_task');
}

/** As a node folds it that never saw the task before: from its first run on. */
async function folded({ id }: Task): Promise<Task | undefined> {
  const now = await foldHistory(calls, { workflowId: id });
  const runId = now.firstRunId ?? '';
  const { task } = await foldHistory(calls, { workflowId: id, runId });
  expect(now.task).toEqual(task);
  return task;
}

/** What the client said that the workflow has read, oldest first; each once. */
function heard(now: Task, { id }: Task): string[] {
  expect(now.id).toBe(id);
  return (now.history ?? [])
    .filter(({ role }) => role === 'ROLE_USER')
    .slice(1)
    .map((each) => each.parts[0]?.text ?? '');
}

/** All events of the task, which it is told to end. */
async function uncut(task: Task) {
  const first = await harness.temporal.client.workflow.getHandle(task.id).describe();
  const firstRun = (await foldHistory(calls, { workflowId: task.id })).firstRunId ?? first.runId;
  const live = await harness.bridge.subscribeToTask({ id: task.id }, call(), `${firstRun}:1`);
  const reading = readAll(live);
  await send(task, { say: 'stop' });
  return reading;
}

async function resume(task: Task, all: Awaited<ReturnType<typeof uncut>>, cut: number): Promise<void> {
  if (cut === all.length - 1) return;
  const stream = await harness.newBridge().subscribeToTask({ id: task.id }, call(), all[cut]?.id);
  const shown = (events: typeof all) => events.map(({ id, json }) => [id, json]);
  expect(shown(await readAll(stream))).toEqual(shown(all.slice(cut + 1)));
}

/** A client that puts the task together from its events. */
function asClient(task: Task | undefined, { statusUpdate, artifactUpdate }: StreamResponse): Task {
  const ids = { id: '', contextId: '', ...statusUpdate, ...artifactUpdate };
  const before: Task = task ?? {
    id: (statusUpdate ?? artifactUpdate)?.taskId ?? '',
    contextId: ids.contextId,
    status: { state: 'TASK_STATE_SUBMITTED' },
  };
  const each = statusUpdate ? { statusUpdate } : artifactUpdate ? { artifactUpdate } : undefined;
  if (each === undefined) throw new Error('neither a status nor an artifact');
  return withoutMessages(applyUpdate(before, each as TaskUpdate));
}

/** The client's own messages are not among the events. */
function withoutMessages({ history: _, ...task }: Task): Task {
  return task;
}

it('of a task that has told nothing, the query has the time of its start, also after a reset', async () => {
  const { client } = harness.temporal;
  const { id } = taskOf(
    await harness.bridge.sendMessage(immediate(scripted([{ next: true }])), harness.call('script')),
  );
  await eventually(() => workflowTasksCompleted(client, id, 1));
  const queried = () => client.workflow.getHandle(id).query<Task>('a2a_task');
  expect((await foldHistory(calls, { workflowId: id })).task).toEqual(await queried());
  await resetWorkflow(client, id);
  await eventually(() => workflowTasksCompleted(client, id, 1));
  expect((await foldHistory(calls, { workflowId: id })).task).toEqual(await queried());
});
