import type { Task } from '../../src/a2a/types';
import { createCallActivities } from '../../src/activities';
import { testActivities } from '../support/activities';
import { eventually } from '../support/eventually';
import { type Harness, immediate, message, request, startHarness, taskOf } from '../support/harness';
import { startTestWorker, type TestWorker } from '../support/temporal';

/**
 * Time in ms that a chain may take here. A workflow task that a worker had begun when it stopped is begun anew after
 * its timeout of 10 s; so is, now and then, one of a worker that keeps no workflows in its cache.
 */
const PATIENCE_MS = 60_000;

let harness: Harness;

/** Remembers nothing between two workflow tasks, so each is a replay of all that was before. */
function startForgetfulWorker(): Promise<TestWorker> {
  return startTestWorker({
    connection: harness.temporal.connection,
    taskQueue: harness.taskQueue,
    maxCachedWorkflows: 0,
    activities: { ...testActivities, ...createCallActivities({ agents: harness.agents }) },
  });
}

beforeAll(async () => {
  harness = await startHarness({
    withoutWorker: true,
    agents: [
      { id: 'echo' },
      { id: 'interview' },
      { id: 'ticker' },
      {
        id: 'tour',
        chain: {
          steps: [
            {
              name: 'each',
              forEach: '{% $input.items %}',
              concurrency: 2,
              agent: 'echo',
              message: '{% $item %} {% $random() < 1 and $millis() > 0 %}',
              result: '{% $result.text %}',
            },
            {
              name: 'both',
              parallel: [
                { name: 'count', agent: 'ticker', message: '3 every 20ms' },
                { name: 'ask', agent: 'interview', message: 'hi' },
              ],
            },
          ],
          result: {
            each: '{% $steps.each %}',
            ask: '{% $steps.ask.text %}',
            count: '{% $steps.count.text %}',
          },
        },
      },
    ],
  });
}, 60_000);

const say = async (text: string, task: Task) =>
  taskOf(
    await harness.bridge.sendMessage({ message: message(text, { taskId: task.id }) }, harness.call('tour')),
  );

const EXPECTED = {
  each: ['a true', 'b true', 'c true'],
  ask: 'Your name is Ada.',
  count: 'tick 1\ntick 2\ntick 3\n',
};

const begin = () => request([{ data: { items: ['a', 'b', 'c'] } }]);

async function tasksOf(agentId: string, contextId: string): Promise<number> {
  const { totalSize } = await harness.bridge.listTasks({ contextId }, harness.call(agentId));
  return totalSize;
}

it(
  'a chain goes the same way each time it is replayed',
  async () => {
    const worker = await startForgetfulWorker();
    const asked = taskOf(await harness.bridge.sendMessage(begin(), harness.call('tour')));
    expect(asked.status.message?.parts[0]?.text).toBe('What is your name?');
    const done = await say('Ada', asked);
    expect(done.artifacts?.[0]?.parts).toEqual([{ data: EXPECTED }]);
    await worker.stop();
  },
  PATIENCE_MS,
);

it(
  'a chain whose worker goes away takes no step twice',
  async () => {
    let worker = await startForgetfulWorker();
    const { id, contextId } = taskOf(
      await harness.bridge.sendMessage(immediate(begin()), harness.call('tour')),
    );
    await eventually(async () => (await tasksOf('echo', contextId)) > 0, { timeoutMs: PATIENCE_MS });
    await worker.stop();
    worker = await startForgetfulWorker();
    const asked = await eventually(
      async () => {
        const task = await harness.bridge.getTask({ id }, harness.call('tour'));
        return task.status.state === 'TASK_STATE_INPUT_REQUIRED' && task;
      },
      { timeoutMs: PATIENCE_MS },
    );
    await worker.stop();
    await startForgetfulWorker();
    const done = await say('Ada', asked);
    expect(done.artifacts?.[0]?.parts).toEqual([{ data: EXPECTED }]);
    await eventually(async () => {
      expect(await tasksOf('echo', contextId)).toBe(3);
      expect(await tasksOf('interview', contextId)).toBe(1);
      expect(await tasksOf('ticker', contextId)).toBe(1);
      return true;
    });
  },
  3 * PATIENCE_MS,
);
