import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { compared, cpuNote, inBatches, inTurns } from '../lib/measure.mjs';

function execute({ temporal }, taskQueue) {
  const message = textMessage();
  return temporal.client.workflow.execute('plainEcho', {
    taskQueue,
    workflowId: randomUUID(),
    args: [message],
  });
}

/** A blocking send, and the same without A2A. */
export function blocking(bench, { client, taskQueue }) {
  return {
    bridge: () => client.send('echo', textMessage()),
    plain: () => execute(bench, taskQueue),
  };
}

/** What is started goes on by itself: `settle` waits for the end of it. */
export function immediately(bench, { client, taskQueue }) {
  const { workflow } = bench.temporal.client;
  let begun = [];
  return {
    sides: {
      bridge: async () => {
        begun.push((await client.sendImmediately('echo', textMessage())).id);
      },
      plain: async () => {
        const options = { taskQueue, workflowId: randomUUID(), args: [textMessage()] };
        begun.push((await workflow.start('plainEcho', options)).workflowId);
      },
    },
    settle: async () => {
      const ids = begun;
      begun = [];
      await Promise.all(ids.map((id) => workflow.getHandle(id).result()));
    },
  };
}

/** Of calls that were timed one at a time. */
export function perSecond(times) {
  return times.map((ms) => 1_000 / ms);
}

async function oneAtATime(bench, node, row) {
  const sides = blocking(bench, node);
  const { bridge, plain } = await inTurns({ rounds: bench.rounds, calls: 12, sides });
  return [compared({ ...row, against: 'workflow.execute', unit: 'ms', bridge, plain })];
}

export const sendApart = {
  name: 'send',
  async run(bench) {
    return oneAtATime(bench, await bench.apart(), {
      name: 'send',
      what: 'blocking send, API and worker apart',
      goal: { most: 1.05 },
    });
  },
};

export const sendTogether = {
  name: 'send-eager',
  async run(bench) {
    return oneAtATime(bench, await bench.together(), {
      name: 'send-eager',
      what: 'blocking send, API and worker in one process',
      goal: { most: 0.48 },
    });
  },
};

export const sendAtOnce = {
  name: 'send-32',
  async run(bench) {
    const sides = blocking(bench, await bench.apart());
    const { rounds } = bench;
    const { bridge, plain, cpu } = await inBatches({
      rounds,
      total: 64,
      width: 32,
      sides,
      cpu: () => bench.cpu(),
    });
    return [
      compared({
        name: 'send-32',
        what: 'blocking sends, 32 at once',
        against: 'workflow.execute',
        unit: '/s',
        bridge,
        plain,
        goal: { least: 1 },
        note: cpuNote(cpu),
      }),
    ];
  },
};

/** Each side waits for the end of its own before the other's turn. */
export const sendImmediately = {
  name: 'immediate',
  async run(bench) {
    const { sides, settle } = immediately(bench, await bench.apart());
    const { rounds } = bench;
    const single = await inTurns({ rounds, calls: 12, sides, settle });
    const many = await inBatches({
      rounds,
      total: 64,
      width: 32,
      sides,
      settle,
      cpu: () => bench.cpu(),
    });
    const row = { against: 'workflow.start', goal: { least: 0.9 }, unit: '/s' };
    return [
      compared({
        ...row,
        name: 'immediate',
        what: 'immediate send, one at a time',
        bridge: perSecond(single.bridge),
        plain: perSecond(single.plain),
      }),
      compared({
        ...row,
        name: 'immediate-32',
        what: 'immediate sends, 32 at once',
        bridge: many.bridge,
        plain: many.plain,
        note: cpuNote(many.cpu),
      }),
    ];
  },
};
