import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, inTurns } from '../lib/measure.mjs';

const CALLS = 20;
const WARM_UP = 40;

/** Whether the time of a refusal tells that there is a task which the caller may not see. */
export const notFound = {
  name: 'not-found',
  async run(bench) {
    const { client } = await bench.apart();
    const { rounds } = bench;
    const ids = [];
    await batch(WARM_UP + (rounds + 1) * CALLS, 16, async () => {
      ids.push((await client.send('echo', textMessage())).id);
    });
    const known = ids.at(-1);
    const fresh = await bench.freshApi();
    // The tasks of another agent are refused as those of another owner are.
    const sides = (node, next) => ({
      bridge: () => refused(node.getTask('interview', next())),
      plain: () => refused(node.getTask('interview', randomUUID())),
    });
    const turns = { rounds, calls: CALLS, warmUp: WARM_UP };
    const cold = await inTurns({ ...turns, sides: sides(fresh.client, () => ids.pop()) });
    const warm = await inTurns({ ...turns, sides: sides(client, () => known) });
    const row = { against: 'of none', unit: 'ms' };
    return [
      compared({
        ...row,
        name: 'not-yours',
        what: 'GetTask of a task of others that the node knows',
        goal: { least: 0.9 },
        ...warm,
      }),
      compared({
        ...row,
        name: 'not-yours-first',
        what: 'the same, of one that it does not know',
        goal: { most: 1.1 },
        ...cold,
      }),
    ];
  },
};

async function refused(call) {
  const task = await call.catch(() => undefined);
  if (task !== undefined) throw new Error('a task that the caller may not see was answered');
}
