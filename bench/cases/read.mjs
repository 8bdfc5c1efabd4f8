import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { compared, inTurns } from '../lib/measure.mjs';

export const readTasks = {
  name: 'get',
  async run(bench) {
    const { client, taskQueue } = await bench.apart();
    const { workflow } = bench.temporal.client;
    const { rounds } = bench;

    const running = await client.send('interview', textMessage(), 'TASK_STATE_INPUT_REQUIRED');
    const holder = await workflow.start('plainHolder', {
      taskQueue,
      workflowId: randomUUID(),
      args: [running],
    });
    const queried = await inTurns({
      rounds,
      calls: 25,
      sides: {
        bridge: () => client.getTask('interview', running.id),
        plain: () => holder.query('state'),
      },
    });
    await holder.signal('stop');
    await client.send('interview', { ...textMessage('Ada'), taskId: running.id });

    const closed = await client.send('echo', textMessage());
    const described = await inTurns({
      rounds,
      calls: 25,
      sides: {
        bridge: () => client.getTask('echo', closed.id),
        plain: () => workflow.getHandle(closed.id).describe(),
      },
    });
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
