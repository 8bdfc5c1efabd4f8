import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { compared, inTurns } from '../lib/measure.mjs';

/** A task that waits for an answer, and a workflow that holds as much; `end` ends both. */
export async function runningTask(bench, { client, taskQueue }) {
  const { workflow } = bench.temporal.client;
  const running = await client.send('interview', textMessage(), 'TASK_STATE_INPUT_REQUIRED');
  const holder = await workflow.start('plainHolder', {
    taskQueue,
    workflowId: randomUUID(),
    args: [running],
  });
  return {
    sides: {
      bridge: () => client.getTask('interview', running.id),
      plain: () => holder.query('state'),
    },
    end: async () => {
      await holder.signal('stop');
      await client.send('interview', { ...textMessage('Ada'), taskId: running.id });
    },
  };
}

export async function closedTask(bench, { client }) {
  const closed = await client.send('echo', textMessage());
  const handle = bench.temporal.client.workflow.getHandle(closed.id);
  return { bridge: () => client.getTask('echo', closed.id), plain: () => handle.describe() };
}

export const readTasks = {
  name: 'get',
  async run(bench) {
    const node = await bench.apart();
    const { rounds } = bench;
    const running = await runningTask(bench, node);
    const queried = await inTurns({ rounds, calls: 25, sides: running.sides });
    await running.end();
    const described = await inTurns({ rounds, calls: 25, sides: await closedTask(bench, node) });
    return [
      compared({
        name: 'get-running',
        what: 'GetTask of a running task',
        against: 'raw query',
        unit: 'ms',
        goal: { most: 1.1 },
        ...queried,
      }),
      compared({
        name: 'get-closed',
        what: 'GetTask of a closed task',
        against: 'raw describe',
        unit: 'ms',
        goal: { most: 0.5 },
        ...described,
      }),
    ];
  },
};
