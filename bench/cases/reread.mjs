import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, inTurns } from '../lib/measure.mjs';

/** Temporal takes 10,000 signals a run. */
const SIGNALS = 4_000;

/** What a node reads of a history: once, however long it is. */
export const rereading = {
  name: 'rereading',
  async run(bench) {
    const apart = await bench.apart();
    return [
      await firstRead(bench, apart),
      await furtherMessages(bench, apart),
      ...(await longHistories(bench, apart)),
    ];
  },
};

const FIRST_READS = { calls: 10, warmUp: 40 };

/** GetTask of ended tasks, by a node that has seen none of them; `turns` are arguments of `inTurns`. */
export async function firstReads(bench, { client }) {
  const { rounds } = bench;
  const ids = [];
  await batch(FIRST_READS.warmUp + (rounds + 1) * FIRST_READS.calls, 16, async () => {
    ids.push((await client.send('echo', textMessage())).id);
  });
  const fresh = await bench.freshApi();
  const described = bench.temporal.client.workflow.getHandle(ids[0]);
  return {
    turns: { rounds, ...FIRST_READS },
    sides: { bridge: () => fresh.client.getTask('echo', ids.pop()), plain: () => described.describe() },
  };
}

async function firstRead(bench, node) {
  const { turns, sides } = await firstReads(bench, node);
  return compared({
    name: 'get-first',
    what: 'GetTask of a closed task, first time',
    against: 'raw describe',
    unit: 'ms',
    goal: { most: 1.2 },
    ...(await inTurns({ ...turns, sides })),
  });
}

/** Messages to tasks that wait for one again and again. */
async function furtherMessages(bench, { client }) {
  const ask = (taskId) =>
    client.send('a2aListener', { ...textMessage(), taskId }, 'TASK_STATE_INPUT_REQUIRED');
  const begin = async (updates) => {
    const { id } = await ask();
    await report(bench, id, updates, updates);
    return id;
  };
  const [long, short] = [await begin(2_000), await begin(20)];
  return compared({
    name: 'further',
    what: 'further message and its answer, task with 2,000 updates',
    against: 'with 20',
    unit: 'ms',
    goal: { most: 1.5 },
    ...(await inTurns({
      rounds: bench.rounds,
      calls: 5,
      warmUp: 10,
      sides: { bridge: () => ask(long), plain: () => ask(short) },
    })),
  });
}

/** Tasks without a worker, one with a hundred times the updates of the other. */
async function longHistories(bench, { client }) {
  const { rounds } = bench;
  const begin = async (updates) => {
    const { id } = await client.sendImmediately('unserved', textMessage());
    await report(bench, id, updates, Math.min(updates, SIGNALS));
    const { runId, historyLength } = await bench.temporal.client.workflow.getHandle(id).describe();
    return { id, near: `${runId}:${historyLength - 2}` };
  };
  const [long, short] = [await begin(20_000), await begin(200)];
  const resume = ({ id, near }) => client.firstEvent('unserved', id, near);
  const resumed = await inTurns({
    rounds,
    calls: 10,
    warmUp: 10,
    sides: { bridge: () => resume(long), plain: () => resume(short) },
  });
  const got = await inTurns({
    rounds,
    calls: 10,
    warmUp: 10,
    sides: {
      bridge: () => client.getTask('unserved', long.id),
      plain: () => client.getTask('unserved', short.id),
    },
  });
  return [
    compared({
      name: 'resume',
      what: 'resume by Last-Event-ID near the end of 20,000 updates',
      against: 'of 200',
      unit: 'ms',
      goal: { most: 3 },
      ...resumed,
    }),
    compared({
      name: 'get-no-worker',
      what: 'GetTask, 20,000 updates and no worker',
      against: '200',
      unit: 'ms',
      goal: { most: 3 },
      ...got,
    }),
  ];
}

/** From outside of the workflow, in so many signals. */
async function report(bench, taskId, updates, signals) {
  const handle = bench.temporal.client.workflow.getHandle(taskId);
  const each = Array.from({ length: updates / signals }, () => ({
    statusUpdate: {
      status: {
        state: 'TASK_STATE_WORKING',
        message: { messageId: randomUUID(), role: 'ROLE_AGENT', parts: [{ text: 'One step further' }] },
        timestamp: new Date().toISOString(),
      },
    },
  }));
  await batch(signals, 32, () => handle.signal('a2a_update', each));
}
