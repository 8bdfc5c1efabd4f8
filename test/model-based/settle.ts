import { isTerminal } from '../../src/a2a/task-update';
import type { Task } from '../../src/a2a/types';
import { eventually } from '../support/eventually';
import { cancelTask } from './cancels';
import { readCourse, shortOf } from './canonical';
import { sameTask } from './fold';
import type { ModelTask } from './model';
import { courseOf } from './programs';
import type { Run } from './run';
import { hearings, verifyTask } from './verify';
import { WIRES } from './wire';

/** Lets everything come to rest, ends what waits, and checks all that was told. @throws Error that says what is wrong */
export async function settle(run: Run): Promise<void> {
  const { system } = run;
  await system.resume();
  const tasks = run.model.tasks;
  await Promise.all(tasks.map((task) => toRest(run, task)));
  await inTime(run, 'sends whose tasks wait or have ended', () =>
    run.pending.every(({ isDone, waits, task }) => isDone || !waits || task === undefined || listens(task)),
  );
  await verifyLists(run);
  await Promise.all(tasks.map((task) => end(run, task)));
  await inTime(run, 'calls and streams whose tasks have ended', () =>
    run.pending.every(({ isDone }) => isDone),
  );
  await Promise.all(tasks.map((task) => verify(run, task)));
  await verifyLists(run);
}

async function inTime(run: Run, what: string, isSo: () => boolean): Promise<void> {
  try {
    await eventually(
      () => {
        run.assertFaultless();
        return isSo();
      },
      { timeoutMs: run.system.patienceMs },
    );
  } catch (error) {
    run.assertFaultless();
    const open = run.pending.filter(({ isDone }) => !isDone).map(({ what, task }) => `${what} of ${task}`);
    const streams = run.model.tasks.flatMap(({ watched }) => watched).filter(({ stream }) => !stream.isDone);
    const told = streams.map(
      ({ by, stream }) => `${by}: ${stream.cut ? 'cut, ' : ''}${stream.events.map(shortOf).join(' | ')}`,
    );
    throw new Error(`${what} are not answered: ${[...open, ...told].join('\n')}`, { cause: error });
  }
}

/** What is at rest, as it was seen last. */
const resting = new WeakMap<ModelTask, Task>();

/** Where it was seen last, it waited without saying so. */
function listens(task: ModelTask): boolean {
  const state = resting.get(task)?.status.state ?? 'TASK_STATE_WORKING';
  return !isTerminal(state) && state !== 'TASK_STATE_INPUT_REQUIRED';
}

/** The task has ended, asks, or has said all that it says before it hears something. */
async function toRest(run: Run, task: ModelTask): Promise<void> {
  await eventually(
    async () => {
      run.assertFaultless();
      const shown = await getTask(run, task);
      // Its send may wait for ever.
      task.accepted ??= run.model.begin();
      resting.set(task, shown);
      const { state, message } = shown.status;
      if (isTerminal(state) || state === 'TASK_STATE_INPUT_REQUIRED') return true;
      const said = message?.parts.map(({ text }) => text ?? '').join('') ?? '';
      const waits = hearings(task).some((heard) => {
        const { events, waits } = courseOf(task.program, heard);
        const last = events.findLast((each) => !each.startsWith('artifact'));
        if (waits !== 'listens') return false;
        if (last === undefined) return state === 'TASK_STATE_SUBMITTED';
        return state === 'TASK_STATE_WORKING' && last === (said === '' ? 'working' : `working "${said}"`);
      });
      if (!waits) throw new Error(`${task} does not come to rest: ${JSON.stringify(shown)}`);
      return true;
    },
    { timeoutMs: run.system.patienceMs },
  );
}

/** From both nodes, which must agree. */
async function getTask(run: Run, task: ModelTask): Promise<Task> {
  const [one, other] = await Promise.all(
    [0, 1].map(async (node) => {
      const way = run.way({ node, wire: 'HTTP+JSON' }, task.owner, task.agent);
      const { answer, error } = await run.ask(way, 'GetTask', { id: task.id });
      if (error !== undefined) throw error;
      return answer as Task;
    }),
  );
  if (one === undefined || other === undefined || !sameTask(one, other))
    throw new Error(`${task}: the nodes do not agree: ${JSON.stringify(one)}; ${JSON.stringify(other)}`);
  return one;
}

async function end(run: Run, task: ModelTask): Promise<void> {
  await eventually(
    async () => {
      const shown = await getTask(run, task);
      if (isTerminal(shown.status.state)) return true;
      const way = run.way(
        { node: task.index, wire: WIRES[task.index % 3] ?? 'gRPC' },
        task.owner,
        task.agent,
      );
      await cancelTask(run, task, way, { patience: 10_000 });
      return false;
    },
    { timeoutMs: run.system.patienceMs },
  );
}

async function verify(run: Run, task: ModelTask): Promise<void> {
  const course = await readCourse(run, task);
  const last = () => {
    const paths = task.hooks.filter(
      ({ outcome, deleted, created }) =>
        outcome === 'accepted' &&
        deleted === undefined &&
        (created.answeredAt < course.endedAt - 5 || created.answered === Number.POSITIVE_INFINITY),
    );
    return paths.every(({ path }) =>
      run.system.receiver.taken.some((each) => each.path === path && isEnd(each.json as never)),
    );
  };
  if (task.resets === 0) await eventually(last, { timeoutMs: run.system.patienceMs }).catch(() => {});
  verifyTask(run, task, course, await getTask(run, task));
}

function isEnd({ statusUpdate, task }: { statusUpdate?: Task; task?: Task }): boolean {
  const state = (statusUpdate ?? task)?.status.state;
  return state !== undefined && isTerminal(state);
}

/** Each owner's list of each agent holds exactly its tasks, as GetTask shows them. */
async function verifyLists(run: Run): Promise<void> {
  const lists = new Map<string, ModelTask[]>();
  for (const task of run.model.tasks) {
    const key = JSON.stringify([task.owner, task.agent]);
    lists.set(key, [...(lists.get(key) ?? []), task]);
  }
  await Promise.all(
    [...lists.values()].flatMap((tasks) => [0, 1].map((node) => verifyList(run, node, tasks))),
  );
}

async function verifyList(run: Run, node: number, tasks: readonly ModelTask[]): Promise<void> {
  const [{ owner, agent }] = tasks as [ModelTask];
  const way = run.way({ node, wire: WIRES[tasks.length % 3] ?? 'gRPC' }, owner, agent);
  await eventually(
    async () => {
      const expected = await Promise.all(tasks.map((task) => getTask(run, task)));
      const states = new Set(expected.map(({ status }) => status.state));
      for (const status of [undefined, ...states]) {
        const wanted = expected.filter((each) => status === undefined || each.status.state === status);
        const { listed, totals } = await listAll(run, way, status);
        const fail = (why: string): never => {
          const inShort = (all: Task[]) => all.map(({ id, status }) => `${id} ${status.state}`).join(', ');
          const what = `the list of ${agent} for ${owner} at ${way.node.name} over ${way.wire}${status ? ` in ${status}` : ''}`;
          throw new Error(
            `${what} has ${inShort(listed)}, expected ${inShort(wanted)}; totals ${totals}: ${why}`,
          );
        };
        if (listed.length !== wanted.length) fail('other tasks');
        if (totals.some((total) => total !== wanted.length)) fail('the total is wrong');
        for (const each of wanted) {
          const same = listed.find(({ id }) => id === each.id);
          if (same === undefined || !sameTask(same, each))
            fail(`it has ${JSON.stringify(same)}, GetTask ${JSON.stringify(each)}`);
        }
      }
      return true;
    },
    { timeoutMs: run.system.patienceMs, intervalMs: 100 },
  );
}

async function listAll(run: Run, way: ReturnType<Run['way']>, status: string | undefined) {
  const listed: Task[] = [];
  const totals: number[] = [];
  let pageToken = '';
  do {
    const { answer, error } = await run.ask(way, 'ListTasks', {
      pageSize: way.node === run.system.nodes[0] ? 1 : 2,
      includeArtifacts: true,
      ...(status !== undefined && { status }),
      ...(pageToken !== '' && { pageToken }),
    });
    if (error !== undefined) throw error;
    listed.push(...((answer.tasks ?? []) as Task[]));
    totals.push(answer.totalSize ?? 0);
    pageToken = answer.nextPageToken ?? '';
  } while (pageToken !== '');
  return { listed, totals };
}
