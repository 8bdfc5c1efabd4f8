import type { Task } from '../../src/a2a/types';
import type { StreamEvent } from '../../src/bridge/types';
import {
  type Harness,
  immediate,
  inShort,
  message,
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
  eventually(() => workflowTasksCompleted(harness.temporal.client, id, count));

const runOf = ({ id }: StreamEvent) => id.slice(0, 36);

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
});
