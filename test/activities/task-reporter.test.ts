import fc from 'fast-check';
import type { TaskUpdate } from '../../src/a2a/task-update';
import type { Task } from '../../src/a2a/types';
import { UPDATE_NAME } from '../../src/contract/contract';
import {
  type Harness,
  immediate,
  inShort,
  readAll,
  readNext,
  readUntil,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import type { Step } from '../support/workflows';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }, { id: 'ticker' }] });
}, 60_000);

const chunk = (text: string, append = true): TaskUpdate => ({
  artifactUpdate: { artifact: { artifactId: 'a', parts: [{ text }] }, ...(append && { append }) },
});
const chunks = (count: number) => Array.from({ length: count }, (_, index) => chunk(`${index} `));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index} `).join('');

const run = async (...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(scripted(steps), harness.call('script')));

async function signalsOf({ id }: Pick<Task, 'id'>): Promise<number> {
  const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).filter(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === UPDATE_NAME,
  ).length;
}

describe('TaskReporter', () => {
  it('sends an update at once when it has been quiet', async () => {
    const first = scripted([{ report: [chunk('1 '), chunk('2 ')], options: { gapMs: 60_000 } }]);
    const call = harness.call('script');
    const stream = await harness.bridge.sendStreamingMessage(first, call);
    // The activity goes on for two minutes; its first update is here long before.
    const event = await readUntil(stream, ({ artifactUpdate }) => artifactUpdate !== undefined);
    expect(inShort(event)).toBe('artifact a+"1 "');
    await stream.return();
    await harness.bridge
      .cancelTask({ id: event.response.artifactUpdate?.taskId ?? '' }, call)
      .catch(() => {});
  });

  it('needs one signal for each update that comes slowly', async () => {
    const task = await run({ report: chunks(4), options: { gapMs: 120 } });
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: numbers(4) }]);
    expect(await signalsOf(task)).toBe(4);
  });

  it('needs tens of signals for a thousand chunks, and keeps their order', async () => {
    const task = await run({ report: chunks(1_000) });
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: numbers(1_000) }]);
    expect(await signalsOf(task)).toBeLessThan(100);
    const { historyLength } = await harness.temporal.client.workflow.getHandle(task.id).describe();
    expect(historyLength).toBeLessThan(500);
  });

  it('holds the activity when it is far ahead, and loses nothing', async () => {
    const task = await run({ report: chunks(3_500) });
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: numbers(3_500) }]);
  });

  it('splits what does not fit into one signal', async () => {
    const task = await run({ reportLarge: { count: 6, size: 500_000 } });
    expect(task.artifacts?.map(({ artifactId, parts }) => [artifactId, parts[0]?.text?.length])).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => [`a${index}`, 500_000]),
    );
  });

  it('sends what was reported last, also when the activity then fails', async () => {
    const report = chunks(5);
    const task = await run({ report, options: { failBefore: [5] } });
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: numbers(5) }]);
  });

  it('repeats nothing when the activity is retried, however often and wherever it fails', async () => {
    const plan = fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      failBefore: fc.array(fc.nat({ max: 40 }), { maxLength: 3 }),
      gapMs: fc.constantFrom(0, 0, 5),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ count, failBefore, gapMs }) => {
        const points = failBefore.map((point) => Math.min(point, count));
        const first = scripted([{ report: chunks(count), options: { failBefore: points, gapMs } }]);
        const events = await readAll(
          await harness.bridge.sendStreamingMessage(first, harness.call('script')),
        );
        expect(events.map(inShort).slice(1)).toEqual([
          ...Array.from({ length: count }, (_, index) => `artifact a+"${index} "`),
          'completed',
        ]);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  }, 60_000);

  it('counts for each activity of the task on its own', async () => {
    const task = await run(
      { report: chunks(3), options: { failBefore: [2] } },
      { report: [chunk('x'), chunk('y')], options: { failBefore: [1] } },
      { report: [chunk('z')] },
    );
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: `${numbers(3)}xyz` }]);
  });

  it('fails the task, with limit and size, over an update that is too large', async () => {
    const task = await run({ report: [chunk('before ')] }, { reportLarge: { count: 1, size: 2_100_000 } });
    expect(task.status).toMatchObject({
      state: 'TASK_STATE_FAILED',
      message: {
        parts: [
          {
            text: expect.stringMatching(
              /^an update of the task is 21\d{5} bytes of JSON; the limit is 2080768/,
            ),
          },
        ],
      },
    });
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: 'before ' }]);
  });

  it('lets a cancelled activity tell what it had reported', async () => {
    const first = scripted([{ report: [chunk('1 '), chunk('2 ')], options: { gapMs: 60_000 } }]);
    const call = harness.call('script');
    const { id } = taskOf(await harness.bridge.sendMessage(immediate(first), call));
    const stream = await harness.bridge.subscribeToTask({ id }, call);
    if (!(await readNext(stream)).response.task?.artifacts) {
      await readUntil(stream, ({ artifactUpdate }) => artifactUpdate !== undefined);
    }
    const task = await harness.bridge.cancelTask({ id }, call);
    expect(task.status.state).toBe('TASK_STATE_CANCELED');
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: '1 ' }]);
  });
});

describe('ticker', () => {
  it('tells each tick in a status and a chunk', async () => {
    const order = { message: { ...scripted([]).message, parts: [{ data: { count: 3, intervalMs: 20 } }] } };
    const events = await readAll(await harness.bridge.sendStreamingMessage(order, harness.call('ticker')));
    expect(events.map(inShort)).toEqual([
      'task submitted',
      'working "tick 1 of 3"',
      'artifact ticks"tick 1\n"',
      'working "tick 2 of 3"',
      'artifact ticks+"tick 2\n"',
      'working "tick 3 of 3"',
      'artifact ticks+"tick 3\n" last',
      'completed',
    ]);
    expect(events[1]?.response.statusUpdate?.status.message?.parts[1]).toEqual({
      data: { tick: 1, of: 3, at: expect.stringMatching(/T.*Z$/) },
    });
    // Status and chunk are reported in the same turn of the event loop.
    expect(await signalsOf({ id: events[0]?.response.task?.id ?? '' })).toBeLessThanOrEqual(3);
  });

  it.each([
    [[{ text: '2 every 10ms' }], 'TASK_STATE_COMPLETED'],
    [[{ data: { count: 1_001 } }], 'TASK_STATE_REJECTED'],
    [[{ data: { count: 0 } }], 'TASK_STATE_REJECTED'],
    [[{ data: { count: 1.5 } }], 'TASK_STATE_REJECTED'],
    [[{ data: { count: 1, intervalMs: -1 } }], 'TASK_STATE_REJECTED'],
    [[{ text: 'hello' }], 'TASK_STATE_REJECTED'],
  ])('with %j ends as %s', async (parts, state) => {
    const order = { message: { ...scripted([]).message, parts } };
    const { status } = taskOf(await harness.bridge.sendMessage(order, harness.call('ticker')));
    expect(status.state).toBe(state);
    if (state === 'TASK_STATE_REJECTED') expect(status.message?.parts[0]?.text).toMatch(/must be a/);
  });
});

describe('tick', () => {
  it('is heard of between ticks that are further apart than its heartbeat may be', async () => {
    const task = await run({ tick: { count: 1, intervalMs: 3_000 } });
    expect(task.status).toMatchObject({ state: 'TASK_STATE_COMPLETED' });
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: 'tick 1\n' }]);
  });
});
