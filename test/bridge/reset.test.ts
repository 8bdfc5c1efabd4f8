import type { Task } from '../../src/a2a/types';
import { foldHistory } from '../../src/bridge/history';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import type { StreamEvent } from '../../src/bridge/types';
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
import { type ResetOptions, resetWorkflow, workflowTasksCompleted } from '../support/reset';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [{ id: 'script' }, { id: 'plainWaiter', workflow: { input: 'text' } }],
  });
}, 60_000);

const call = (agentId = 'script') => harness.call(agentId);

const begin = async (steps: Step[], bridge = harness.bridge) =>
  taskOf(await bridge.sendMessage(immediate(scripted(steps)), call()));

const subscribe = (task: Pick<Task, 'id'>, lastEventId?: string, bridge = harness.bridge) =>
  bridge.subscribeToTask({ id: task.id }, call(), lastEventId);

const answer = (task: Task, text = 'go on') =>
  harness.bridge.sendMessage(immediate({ message: message(text, { taskId: task.id }) }), call());

const getTask = ({ id }: Pick<Task, 'id'>, bridge = harness.bridge) => bridge.getTask({ id }, call());

const reset = ({ id }: Pick<Task, 'id'>, options?: ResetOptions) =>
  resetWorkflow(harness.temporal.client, id, options);

/** The worker has done all that there was to do, `count` workflow tasks at least. */
const idle = ({ id }: Pick<Task, 'id'>, count: number) =>
  eventually(() => workflowTasksCompleted(harness.temporal.client, id, count), { timeoutMs: 25_000 });

const runOf = ({ id }: StreamEvent) => id.slice(0, 36);

const runIdOf = async ({ id }: Pick<Task, 'id'>) =>
  (await harness.temporal.client.workflow.getHandle(id).describe()).runId;

/** A stream of the task, and what it has told; reads on in the background. */
async function listen(task: Pick<Task, 'id'>, lastEventId?: string, bridge = harness.bridge) {
  const stream = await subscribe(task, lastEventId, bridge);
  const events: StreamEvent[] = [];
  const ended = (async () => {
    for await (const event of stream) events.push(event);
  })();
  ended.catch(() => {});
  const told = () => events.map(inShort);
  const tells = (expected: string[]) => eventually(() => expect(told()).toEqual(expected) ?? true);
  return { events, ended, told, tells };
}

describe('a reset', () => {
  it('before the first update changes nothing for those who follow the task', async () => {
    const task = await begin([{ next: true }, { complete: { text: 'end' } }]);
    await idle(task, 1);
    const stream = await listen(task);
    await stream.tells(['task submitted']);
    const { newRunId } = await reset(task);
    await answer(task);
    await stream.ended;
    expect(stream.told()).toEqual([
      'task submitted',
      'working "go on"',
      'artifact last"end" last',
      'completed',
    ]);
    expect(stream.events.slice(1).map(runOf)).toEqual([newRunId, newRunId, newRunId]);
    expect(await getTask(task)).toMatchObject({ status: { state: 'TASK_STATE_COMPLETED' } });
  });

  it('between updates goes back to the task as it was, and on from there', async () => {
    const task = await begin([
      { working: 'one' },
      { chunks: { artifactId: 'a', texts: ['1', '2'] } },
      { pause: true },
      { chunks: { artifactId: 'b', texts: ['3'] } },
      { working: 'two' },
      { next: true },
      { complete: {} },
    ]);
    await idle(task, 2);
    const here = await listen(task);
    const there = await listen(task, undefined, harness.newBridge());
    await here.tells(['task working']);
    await there.tells(['task working']);
    await reset(task);
    const again = ['task working', 'artifact b"3" last', 'working "two"'];
    await here.tells(['task working', ...again]);
    expect(here.events[1]?.response.task).toMatchObject({
      status: { state: 'TASK_STATE_WORKING', message: { parts: [{ text: 'one' }] } },
      artifacts: [{ artifactId: 'a', parts: [{ text: '12' }] }],
    });
    expect(here.events[1]?.response.task?.artifacts).toHaveLength(1);
    await answer(task);
    await here.ended;
    await there.ended;
    expect(here.told()).toEqual(['task working', ...again, 'working "go on"', 'completed']);
    expect(there.events.map(({ id, json }) => ({ id, json }))).toEqual(
      here.events.map(({ id, json }) => ({ id, json })),
    );
  });

  it('of a task that asks has it ask again', async () => {
    const task = await begin([{ working: 'on' }, { ask: 'name?' }, { complete: {} }]);
    await idle(task, 1);
    const stream = await listen(task);
    await stream.tells(['task input_required']);
    await reset(task);
    await stream.tells(['task input_required', 'task submitted', 'working "on"', 'input_required "name?"']);
    await answer(task, 'Ada');
    await stream.ended;
    expect(stream.told().slice(4)).toEqual(['working', 'completed']);
    const { history } = await getTask(task);
    expect(history?.flatMap(({ parts }) => parts.map(({ text }) => text ?? ''))).toEqual([
      '',
      'name?',
      'Ada',
    ]);
  });

  it('of an ended task lets it take messages at once, and be canceled', async () => {
    const { client } = harness.temporal;
    for (const goOn of [
      (task: Task) => answer(task),
      ({ id }: Task) => harness.bridge.cancelTask({ id }, call()),
    ]) {
      const task = await begin([{ working: 'on' }, { next: true }, { complete: {} }]);
      await idle(task, 1);
      await client.workflow.getHandle(task.id).terminate('by mistake');
      expect(await getTask(task)).toMatchObject({ status: { state: 'TASK_STATE_FAILED' } });
      await reset(task);
      await goOn(task);
    }
  });

  it('of an ended task has it go on', async () => {
    const task = await begin([
      { working: 'on' },
      { pause: true },
      { next: true },
      { complete: { text: 'end' } },
    ]);
    await idle(task, 2);
    const before = await listen(task);
    await before.tells(['task working']);
    await answer(task, 'first');
    await before.ended;
    const [start, said, , end] = before.events;
    expect(before.told().slice(1)).toEqual(['working "first"', 'artifact last"end" last', 'completed']);
    const { oldRunId } = await reset(task, { workflowTask: 1, withoutSignals: true });
    expect(before.events.map(runOf)).toEqual(Array(4).fill(oldRunId));
    // The node knows how the task had ended, and asks about a reset once in a second.
    const { status } = await eventually(async () => {
      const now = await getTask(task);
      return now.status.state === 'TASK_STATE_WORKING' && now;
    });
    expect(status).toMatchObject({ message: { parts: [{ text: 'on' }] } });
    const streams = [
      await listen(task),
      await listen(task, start?.id),
      await listen(task, said?.id),
      await listen(task, end?.id, harness.newBridge()),
    ];
    await answer(task, 'second');
    await Promise.all(streams.map(({ ended }) => ended));
    const rest = ['working "second"', 'artifact last"end" last', 'completed'];
    // The first place is before the reset point, the others are behind it.
    expect(streams.map(({ told }) => told())).toEqual([
      ['task working', ...rest],
      rest,
      ['task working', ...rest],
      ['task working', ...rest],
    ]);
    expect((await getTask(task)).status.state).toBe('TASK_STATE_COMPLETED');
  });

  describe('during an activity', () => {
    const updates = [1, 2, 3, 4, 5, 6].map((n) => ({
      artifactUpdate: { artifact: { artifactId: 'a', parts: [{ text: `${n}` }] }, append: true },
    }));
    const STEPS: Step[] = [
      { working: 'on' },
      { pause: true },
      { report: updates, options: { gapMs: 300 } },
      { next: true },
    ];
    const LAST = 'artifact a+"6"';

    it('that had begun before the reset point has it go on where it was', async () => {
      const task = await begin(STEPS);
      const stream = await listen(task);
      await eventually(() => stream.told().includes('artifact a+"3"'));
      await reset(task);
      await eventually(() => stream.told().includes(LAST));
      expect(stream.told().slice(-6)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `artifact a+"${n}"`));
      const { artifacts } = await getTask(task);
      expect(artifacts).toEqual([{ artifactId: 'a', parts: [{ text: '123456' }] }]);
      expect(await getTask(task, harness.newBridge())).toEqual(await getTask(task));
    });

    it('that had not tells everything it does again', async () => {
      const task = await begin(STEPS);
      const stream = await listen(task);
      await eventually(() => stream.told().includes('artifact a+"3"'));
      await reset(task, { workflowTask: 1 });
      await eventually(() => stream.told().includes(LAST));
      expect(stream.told().slice(-7)).toEqual([
        'task working',
        ...[1, 2, 3, 4, 5, 6].map((n) => `artifact a+"${n}"`),
      ]);
      const { artifacts } = await getTask(task);
      expect(artifacts).toEqual([{ artifactId: 'a', parts: [{ text: '123456' }] }]);
      const { task: folded } = await foldHistory(new TemporalCalls(harness.temporal.client), {
        workflowId: task.id,
      });
      expect(folded).toEqual(await getTask(task));
    });
  });

  it('is followed by sends that wait, and leaves the message the same', async () => {
    const send = scripted([
      { working: 'on' },
      { pause: true },
      { next: true },
      { complete: { text: 'end' } },
    ]);
    const waiting = harness.bridge.sendMessage(send, call());
    const streaming = readAll(await harness.bridge.sendStreamingMessage(send, call()));
    const task = taskOf(await harness.newBridge().sendMessage(immediate(send), call()));
    await idle(task, 2);
    const late = harness.newBridge().sendMessage(send, call());
    await reset(task);
    await reset(task, { workflowTask: 0 });
    await idle(task, 2);
    const after = taskOf(await harness.bridge.sendMessage(immediate(send), call()));
    expect(after).toMatchObject({ id: task.id, status: { state: 'TASK_STATE_WORKING' } });
    await answer(task);
    const ended = await getTask(task);
    expect(ended.status.state).toBe('TASK_STATE_COMPLETED');
    expect(taskOf(await waiting)).toEqual(ended);
    expect(taskOf(await late)).toEqual(ended);
    expect((await streaming).map(inShort).slice(-3)).toEqual([
      'working "go on"',
      'artifact last"end" last',
      'completed',
    ]);
    const replayed = await readAll(await harness.bridge.sendStreamingMessage(send, call()));
    expect(replayed.map(inShort)).toEqual([
      'task submitted',
      'working "on"',
      'working "go on"',
      'artifact last"end" last',
      'completed',
    ]);
  });

  describe('behind an answered question', () => {
    const STEPS: Step[] = [{ ask: 'name?' }, { next: true }, { complete: { text: 'end' } }];
    const ASKED = 'input_required "name?"';

    it('does not have its answer answered with the question', async () => {
      const task = await begin(STEPS);
      await idle(task, 1);
      const stream = await listen(task);
      await stream.tells(['task input_required']);
      const send = { message: message('Ada', { taskId: task.id }) };
      const sent = [harness.bridge.sendMessage(send, call()), harness.newBridge().sendMessage(send, call())];
      const streamed = readAll(await harness.bridge.sendStreamingMessage(send, call()));
      await eventually(() => stream.told().includes('working'));
      await reset(task, { workflowTask: 0 });
      await idle(task, 1);
      await reset(task, { workflowTask: 0 });
      await idle(task, 1);
      const bridge = harness.newBridge();
      sent.push(harness.bridge.sendMessage(send, call()), bridge.sendMessage(send, call()));
      const streamedAgain = readAll(await bridge.sendStreamingMessage(send, call()));
      await answer(task);
      const ended = await getTask(task);
      expect(ended.status.state).toBe('TASK_STATE_COMPLETED');
      for (const each of sent) expect(taskOf(await each)).toEqual(ended);
      await stream.ended;
      for (const told of [(await streamed).map(inShort), (await streamedAgain).map(inShort), stream.told()]) {
        expect(told).not.toContain(ASKED);
        expect(told.at(-1)).toBe('completed');
      }
    });

    it('has it ask again when its answer is lost', async () => {
      const task = await begin(STEPS);
      await idle(task, 1);
      const send = { message: message('Ada', { taskId: task.id }) };
      const stream = await listen(task);
      const sent = harness.bridge.sendMessage(send, call());
      const streamed = readAll(await harness.bridge.sendStreamingMessage(send, call()));
      await eventually(() => stream.told().includes('working'));
      await reset(task, { workflowTask: 0, withoutSignals: true });
      const asked = taskOf(await sent);
      expect(asked.status).toMatchObject({
        state: 'TASK_STATE_INPUT_REQUIRED',
        message: { parts: [{ text: 'name?' }] },
      });
      expect((await streamed).map(inShort).at(-1)).toBe(ASKED);
    });
  });

  it('is noticed without a long poll', async () => {
    const bridge = harness.newBridge({ maxLongPolls: 0 });
    const task = await begin([{ working: 'on' }, { next: true }, { complete: {} }]);
    await idle(task, 1);
    const stream = await listen(task, undefined, bridge);
    await stream.tells(['task working']);
    const { newRunId } = await reset(task);
    await answer(task);
    await stream.ended;
    expect(stream.told().slice(-2)).toEqual(['working "go on"', 'completed']);
    expect(stream.events.slice(1).map(runOf)).toEqual(Array(stream.events.length - 1).fill(newRunId));
  });

  it('to a run before the last continue-as-new leaves that run behind', async () => {
    const task = await begin([
      { working: 'one' },
      { pause: true },
      { next: true },
      { continueAsNew: true },
      { working: 'two' },
      { next: true },
      { complete: {} },
    ]);
    const firstRun = await runIdOf(task);
    await idle(task, 2);
    const stream = await listen(task);
    await stream.tells(['task working']);
    await answer(task, 'first');
    await stream.tells(['task working', 'working "first"', 'working "two"']);
    const [before, , behind] = stream.events;
    await reset(task, { runId: firstRun, workflowTask: 1, withoutSignals: true });
    await stream.tells(['task working', 'working "first"', 'working "two"', 'task working']);
    const resumed = [
      await listen(task, before?.id),
      await listen(task, behind?.id),
      await listen(task, stream.events.at(-1)?.id),
    ];
    await answer(task, 'second');
    await eventually(() => stream.told().at(-1) === 'working "two"');
    await answer(task, 'third');
    await Promise.all([stream, ...resumed].map(({ ended }) => ended));
    const rest = ['working "second"', 'working "two"', 'working "third"', 'completed'];
    expect(stream.told().slice(4)).toEqual(rest);
    expect(resumed.map(({ told }) => told())).toEqual([rest, ['task working', ...rest], rest]);
  });

  it('is no reset when somebody terminates the task', async () => {
    const task = await begin([{ working: 'on' }, { next: true }]);
    await idle(task, 1);
    const stream = await listen(task);
    await reset(task);
    await idle(task, 1);
    await harness.temporal.client.workflow.getHandle(task.id).terminate('enough');
    await stream.ended;
    expect(stream.told().at(-1)).toBe('failed "The workflow was terminated: enough"');
    expect((await getTask(task)).status).toEqual(stream.events.at(-1)?.response.statusUpdate?.status);
  });

  it('of a plain workflow is followed, too', async () => {
    const send = { message: message('what I got') };
    const sent = harness.bridge.sendMessage(send, call('plainWaiter'));
    const task = taskOf(await harness.newBridge().sendMessage(immediate(send), call('plainWaiter')));
    await idle(task, 1);
    await reset(task);
    await idle(task, 1);
    await harness.temporal.client.workflow.getHandle(task.id).signal('release');
    expect(taskOf(await sent)).toMatchObject({
      id: task.id,
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ parts: [{ data: { got: 'what I got' } }] }],
    });
  });
});
