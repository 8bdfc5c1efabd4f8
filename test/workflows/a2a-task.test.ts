import { Worker } from '@temporalio/worker';
import type { Task } from '../../src/a2a/types';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readNext,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }] });
}, 60_000);

const call = () => harness.call('script');
const handleOf = ({ id }: Task) => harness.temporal.client.workflow.getHandle(id);

const run = async (...steps: Step[]) => taskOf(await harness.bridge.sendMessage(scripted(steps), call()));

const begin = async (...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), call()));

const stream = async (...steps: Step[]) =>
  (await readAll(await harness.bridge.sendStreamingMessage(scripted(steps), call()))).map(inShort);

const say = (task: Task, text: string) =>
  harness.bridge.sendMessage(immediate({ message: message(text, { taskId: task.id }) }), call());

describe('a2aTask', () => {
  it('tells progress, artifacts and the end in the order of its code', async () => {
    expect(
      await stream(
        { working: null },
        { working: 'one' },
        { artifact: { artifactId: 'whole', text: 'w' } },
        { chunks: { artifactId: 'grown', texts: ['a', 'b'] } },
        { pause: true },
        { working: 'two' },
        { complete: { text: 'end', message: 'bye' } },
      ),
    ).toEqual([
      'task submitted',
      'working',
      'working "one"',
      'artifact whole"w" last',
      'artifact grown"a"',
      'artifact grown+"b" last',
      'working "two"',
      'artifact last"end" last',
      'completed "bye"',
    ]);
  });

  it('keeps the memo of its workflow empty', async () => {
    const task = await begin(
      { working: 'one' },
      { artifact: { artifactId: 'a', text: 'x' } },
      { next: true },
    );
    await eventually(async () => (await harness.bridge.getTask({ id: task.id }, call())).artifacts);
    const { memo } = await handleOf(task).describe();
    expect(memo?.a2a_update ?? null).toBeNull();
  });

  it('replaces a whole artifact that it sends again', async () => {
    const task = await run(
      { artifact: { artifactId: 'a', name: 'first', text: '1' } },
      { artifact: { artifactId: 'a', text: '2' } },
    );
    expect(task.artifacts).toEqual([{ artifactId: 'a', parts: [{ text: '2' }] }]);
  });

  it('collects metadata of its statuses', async () => {
    const task = await run({ working: 'one', metadata: { x: 1 } }, { working: 'two', metadata: { y: 2 } });
    expect(task.metadata).toEqual({ x: 1, y: 2 });
  });

  it('reads each message once, in order, asked for or not', async () => {
    const task = await begin({ next: true }, { ask: 'second?' }, { next: true }, { complete: {} });
    await say(task, 'one');
    await say(task, 'two');
    await say(task, 'three');
    const done = await eventually(async () => {
      const now = await harness.bridge.getTask({ id: task.id }, call());
      return now.status.state === 'TASK_STATE_COMPLETED' && now;
    });
    const texts = done.history?.slice(1).map(({ role, parts }) => `${role} ${parts[0]?.text}`);
    expect(texts?.filter((each) => each.startsWith('ROLE_USER'))).toEqual([
      'ROLE_USER one',
      'ROLE_USER two',
      'ROLE_USER three',
    ]);
  });

  it('ends CANCELED when it is cancelled while it asks', async () => {
    const task = await run({ ask: 'really?' });
    const canceled = await harness.bridge.cancelTask({ id: task.id }, call());
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
    expect(canceled.history).toEqual(task.history);
  });

  it('ends CANCELED when it is cancelled while an activity runs', async () => {
    const task = await begin({ wait: 60_000 });
    expect((await harness.bridge.cancelTask({ id: task.id }, call())).status.state).toBe(
      'TASK_STATE_CANCELED',
    );
  });
});

describe('more than one workflow task can send', () => {
  const sentBy = async (...steps: Step[]) => {
    const { status } = taskOf(await harness.bridge.sendMessage(scripted(steps), call()));
    return [status.state, status.message?.parts[0]?.text];
  };
  const tooMuch = [
    'TASK_STATE_FAILED',
    expect.stringMatching(/sends \d+ bytes at once; the limit is 40\d{5} bytes/),
  ];
  const large = { large: 1_900_000 };

  it('fails the task, with limit and size, when updates are large', async () => {
    expect(await sentBy(large, large, large)).toEqual(tooMuch);
    expect(await sentBy(large, large, { complete: { text: 'x'.repeat(500_000) } })).toEqual(tooMuch);
  });

  it('fails the task when updates are many', async () => {
    // Their texts alone would not be too much.
    expect(await sentBy(...Array.from({ length: 1_000 }, () => ({ large: 3_600 })))).toEqual(tooMuch);
  });

  it('is sent when the workflow waits in between, also when it is replayed', async () => {
    const steps: Step[] = [large, large, { pause: true }, large, large, { pause: true }, large];
    const task = taskOf(await harness.bridge.sendMessage(scripted(steps), call()));
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
    await Worker.runReplayHistory({ workflowBundle }, await handleOf(task).fetchHistory(), task.id);
  });
});

describe('continueAsNew', () => {
  const STEPS: Step[] = [
    { working: 'first run', metadata: { run: 1 } },
    { chunks: { artifactId: 'a', texts: ['1', '2'] } },
    { pause: true },
    { continueAsNew: true },
    { working: 'second run' },
    { artifact: { artifactId: 'b', text: 'x' } },
    { continueAsNew: true },
    { complete: { text: 'end' } },
  ];

  it('carries the task over, and no reader notices', async () => {
    const first = scripted(STEPS);
    const live = await readAll(await harness.bridge.sendStreamingMessage(first, call()));
    expect(live.map(inShort)).toEqual([
      'task submitted',
      'working "first run"',
      'artifact a"1"',
      'artifact a+"2" last',
      'working "second run"',
      'artifact b"x" last',
      'artifact last"end" last',
      'completed',
    ]);
    const replayed = await readAll(await harness.newBridge().sendStreamingMessage(first, call()));
    expect(replayed.map(({ id, json }) => [id, json])).toEqual(live.map(({ id, json }) => [id, json]));
    const task = await harness.bridge.getTask({ id: live[0]?.response.task?.id ?? '' }, call());
    expect(task).toMatchObject({
      metadata: { run: 1 },
      artifacts: [{ artifactId: 'a', parts: [{ text: '12' }] }, { artifactId: 'b' }, { artifactId: 'last' }],
    });
    expect(task.history).toHaveLength(1);
  });

  it('is waited through by a blocking send, and repeats of it', async () => {
    const first = scripted(STEPS);
    const [one, other] = await Promise.all([
      harness.bridge.sendMessage(first, call()),
      harness.newBridge().sendMessage(first, call()),
    ]);
    expect(taskOf(one).status.state).toBe('TASK_STATE_COMPLETED');
    expect(other).toEqual(one);
  });

  it('carries over the messages that were not read', async () => {
    const task = await begin(
      { ask: 'one?' },
      { working: 'busy' },
      { pause: true },
      { wait: 300 },
      { continueAsNew: true },
      { next: true },
      { next: true },
      { complete: {} },
    );
    const reader = await harness.bridge.subscribeToTask({ id: task.id }, call());
    await readNext(reader);
    await say(task, 'one');
    await say(task, 'two');
    await say(task, 'three');
    const events = (await readAll(reader)).map(inShort);
    expect(events.filter((each) => /"(two|three)"/.test(each))).toEqual(['working "two"', 'working "three"']);
    expect(events.at(-1)).toBe('completed');
  });

  it('lists the task once', async () => {
    const contextId = `context-${Date.now()}`;
    const task = taskOf(await harness.bridge.sendMessage(scripted(STEPS, { contextId }), call()));
    await eventually(async () => {
      const { tasks, totalSize } = await harness.bridge.listTasks({ contextId }, call());
      expect([totalSize, tasks.map(({ id, status }) => [id, status.state])]).toEqual([
        1,
        [[task.id, 'TASK_STATE_COMPLETED']],
      ]);
      return true;
    });
  });

  it('fails the task, with limit and size, when there is too much to carry over', async () => {
    const task = await begin({ reportLarge: { count: 3, size: 800_000 } }, { continueAsNew: true });
    const failed = await eventually(async () => {
      const now = await harness.bridge.getTask({ id: task.id }, call());
      return now.status.state === 'TASK_STATE_FAILED' && now;
    });
    expect(failed.status.message?.parts[0]?.text).toMatch(
      /continue-as-new .* is 24\d{5} bytes of JSON; the limit/,
    );
  });
});
