// What each operation must tell of the tasks of a case.
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually.mjs';
import { differences, essence, folded, isTerminal, readBy, same, stateOf, textOf } from './expected.mjs';

/** Visibility is told a little later. */
const LIST_MS = 20_000;

/**
 * @param tasks {pushed, streamed, blocked}
 * @param each `expected` is how all of them end, or stand when it has `ends: false`; `stuck` when the bridge has found
 *   out itself what they say: then history, webhooks and lists do not tell it. `wasStuck` when it does so on the way, in
 *   events that have the ID of the one before. `skips` are operations to leave out
 */
export async function checkAll(tasks, each, tools, problems) {
  for (const [operation, check] of Object.entries(CHECKS)) {
    if (each.skips?.includes(operation)) continue;
    await problems.during(operation, (problem) => {
      return check(tasks, new Expectation(each, tools, problem, problems.patienceMs));
    });
  }
}

class Expectation {
  constructor(each, { client, receiver }, problem, patienceMs) {
    Object.assign(this, { each, client, receiver, problem, patienceMs });
    this.expected = each.expected;
    this.ends = each.expected.ends !== false;
  }

  /** How a task differs from what is expected. */
  differences(task, expected = this.expected) {
    const found = differences(task, expected);
    if (found.length === 0 && isTerminal(task) !== this.ends) {
      found.push(this.ends ? 'has not ended' : 'has ended');
    }
    return found;
  }

  tell(found, prefix = '') {
    for (const difference of found) this.problem(prefix + difference);
  }

  /** What is recorded: for a stuck task its state alone. */
  get recorded() {
    return this.each.stuck
      ? { state: this.expected.state, artifacts: this.expected.artifacts }
      : this.expected;
  }

  /** No state is told that the task has never had. */
  checkStates(responses) {
    for (const { task, statusUpdate } of responses) {
      const state = stateOf(task ?? statusUpdate);
      if (this.each.never?.includes(state)) {
        this.problem(`it was told ${state}: ${JSON.stringify(statusUpdate ?? task.status)}`);
      }
    }
  }
}

const CHECKS = {
  async get({ pushed, streamed, blocked }, is) {
    for (const { id } of [pushed, streamed, blocked]) {
      await is.client.until(id, (task) => is.differences(task), is.patienceMs);
    }
  },

  async send({ blocked }, is) {
    const { answers, at } = is.each;
    const late = sleep(is.patienceMs, undefined, { ref: false });
    const answer = await Promise.race([blocked.answer, late]);
    if (answer === undefined) is.problem('no answer');
    else if (answers !== undefined) {
      if (answer.parts === undefined || textOf(answer) !== answers) is.problem(JSON.stringify(answer));
    } else if (at?.state === 'INPUT_REQUIRED') is.tell(differences(answer, at));
    else is.tell(is.differences(answer));
  },

  async stream({ streamed }, is) {
    const { recording, id } = streamed;
    const isSo = () => (is.ends ? recording.ended : is.differences(readBy(recording)).length === 0);
    await recording.until(isSo, is.patienceMs);
    if (recording.ended !== is.ends) is.problem(is.ends ? 'has not ended' : 'has ended');
    if (recording.error !== undefined) is.problem(recording.error.message);
    is.tell(is.differences(readBy(recording)));
    is.checkStates(recording.events.map(({ response }) => response));
    const ids = recording.events.map((event) => event.id);
    if (is.client.resumes && !is.each.stuck && !is.each.wasStuck && new Set(ids).size !== ids.length)
      is.problem(`an ID twice: ${ids.join(' ')}`);
    const task = await is.client.get(id);
    // The count of attempts in what is said of a stuck one goes on.
    if (!is.each.stuck && !same(essence(readBy(recording)), essence(task))) {
      const [read, told] = [readBy(recording), task].map((each) => JSON.stringify(essence(each)));
      is.problem(`${read} is not what GetTask tells: ${told}`);
    }
  },

  async resume({ streamed: { id, recording } }, is) {
    const { events } = recording;
    if (!is.client.resumes) return;
    for (const from of new Set([0, Math.floor(events.length / 2)])) {
      // After the end there is nothing to subscribe to.
      if (is.ends && from === events.length - 1) continue;
      const resumed = is.client.subscribe(id, events[from].id);
      try {
        await checkResumed(resumed, events.slice(0, from + 1), events.slice(from + 1), is);
      } finally {
        resumed.close();
      }
    }
  },

  async push({ pushed: { id, contextId, hook } }, is) {
    const responses = (deliveries) => deliveries.map(({ body }) => is.client.deliveredOf(JSON.parse(body)));
    const read = (deliveries) => folded(responses(deliveries), { id, contextId });
    // Nobody tells a webhook that a task is submitted.
    if (is.each.stuck && is.expected.state === 'SUBMITTED') return;
    const isSo = (deliveries) => is.differences(read(deliveries), is.recorded).length === 0;
    const deliveries = await is.receiver.until(hook, isSo, is.patienceMs);
    is.tell(is.differences(read(deliveries), is.recorded));
    is.checkStates(responses(deliveries));
  },

  async list({ pushed }, is) {
    await eventually(() => checkLists(pushed, is), Math.min(LIST_MS, is.patienceMs));
  },

  async 'other bindings'({ pushed: { id } }, is) {
    const task = await is.client.get(id);
    const { rpc, grpc, old } = await is.client.getOtherwise(id);
    if (!same(rpc, task)) is.problem(`JSON-RPC has ${JSON.stringify(rpc)}`);
    is.tell(is.differences(grpc), 'gRPC ');
    if (old.id !== id) is.problem(`0.3 has ${JSON.stringify(old)}`);
  },

  async 'cancel after the end'({ pushed: { id } }, is) {
    if (!is.ends) return;
    const outcome = await is.client.cancel(id).catch((error) => error);
    if (!/TASK_NOT_CANCELABLE/.test(outcome.message)) is.problem(outcome.message ?? JSON.stringify(outcome));
  },
};

/** What is read behind some events must be what else was read; or, after a reset, lead to the same Task. */
async function checkResumed(resumed, before, after, is) {
  const begunAnew = is.each.forks || is.each.stuck || is.each.wasStuck;
  const task = () => folded([...before, ...resumed.events].map(({ response }) => response));
  const isSo = ({ events, ended }) => {
    if (is.ends || ended) return ended;
    return begunAnew ? is.differences(task()).length === 0 : events.length >= after.length;
  };
  if (!(await resumed.until(isSo, is.patienceMs))) is.problem(`only ${JSON.stringify(resumed.events)}`);
  if (resumed.error !== undefined) is.problem(resumed.error.message);
  if (begunAnew) is.tell(is.differences(task()));
  else if (!same(resumed.events, after)) {
    is.problem(`${JSON.stringify(resumed.events)} after ${before.at(-1).id} is not ${JSON.stringify(after)}`);
  }
}

async function checkLists({ id, contextId }, { client, each, expected, recorded }) {
  const task = await client.get(id);
  const status = `TASK_STATE_${expected.state}`;
  const other = expected.state === 'COMPLETED' ? 'TASK_STATE_FAILED' : 'TASK_STATE_COMPLETED';
  const listed = async (query) => (await client.list({ contextId, includeArtifacts: true, ...query })).tasks;

  const all = await listed({});
  const first = all[0] ?? {};
  const agrees = each.stuck ? stateOf(first) === expected.state : same(essence(first), essence(task));
  if (all.length !== 1 || !agrees) {
    throw new Error(`${JSON.stringify(all)} instead of ${JSON.stringify(task)}`);
  }
  const [having, others] = [await listed({ status }), await listed({ status: other })];
  if (having.length !== 1) throw new Error(`${having.length} with ${status}`);
  if (others.length !== 0) throw new Error(`${others.length} with ${other}`);
  for (const { tasks } of Object.values(await client.listOtherwise({ contextId }))) {
    const found = tasks.length === 1 ? differences(tasks[0], recorded) : [`${tasks.length} tasks`];
    if (found.length > 0) throw new Error(`over another binding: ${found.join('; ')}`);
  }
}

/** The tasks whose workflows were deleted are as if they had never been. */
export async function checkGone({ pushed, streamed, blocked }, _, { client }, problems) {
  const gone = /TASK_NOT_FOUND/;
  const is = async (call, problem) => {
    const outcome = await call().catch((error) => error);
    if (!gone.test(outcome.message)) problem(outcome.message ?? JSON.stringify(outcome));
  };
  await problems.during('get', (problem) => is(() => client.get(pushed.id), problem));
  await problems.during('cancel', (problem) => is(() => client.cancel(pushed.id), problem));
  await problems.during('send', (problem) => {
    const late = sleep(problems.patienceMs, undefined, { ref: false }).then(() => 'no answer');
    return is(() => Promise.race([blocked.answer, late]), problem);
  });
  await problems.during('stream', async (problem) => {
    await streamed.recording.until(({ ended }) => ended, problems.patienceMs);
    if (!streamed.recording.ended) problem('goes on');
    if (!gone.test(streamed.recording.error?.message))
      problem(`ends with ${streamed.recording.error?.message}`);
  });
  await problems.during('resume', async (problem) => {
    const resumed = client.subscribe(streamed.id, streamed.recording.events[0].id);
    await resumed.done;
    if (!gone.test(resumed.error?.message)) problem(`${resumed.error?.message}`);
  });
  await problems.during('list', async () => {
    await eventually(
      async () => {
        const { tasks } = await client.list({ contextId: pushed.contextId });
        if (tasks.length > 0) throw new Error(JSON.stringify(tasks));
      },
      Math.min(LIST_MS, problems.patienceMs),
    );
  });
}
