import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { counted, median, quantile, timed } from '../lib/measure.mjs';

const ITEMS = 1_000;
const EVALUATIONS = 100;

/** Nodes of expressions that a workflow evaluates in a second: what it takes longer when it evaluates some. */
export const expressions = {
  name: 'expressions',
  async run(bench) {
    const { taskQueue } = await bench.apart();
    const evaluate = async (times) => {
      const options = { taskQueue, workflowId: randomUUID(), args: [times] };
      return bench.temporal.client.workflow.execute('evaluations', options);
    };
    const nodes = await evaluate(EVALUATIONS);
    const rates = [];
    for (let round = 0; round < bench.rounds; round++) {
      const nothing = await timed(() => evaluate(0));
      const ms = (await timed(() => evaluate(EVALUATIONS))) - nothing;
      rates.push((1_000 * nodes) / ms);
    }
    return [
      counted({
        name: 'expressions',
        what: 'JSONata nodes that a workflow evaluates',
        unit: '/s',
        value: median(rates),
        goal: { least: 62_500 },
        note: `${nodes} nodes at a time`,
      }),
    ];
  },
};

/** A `forEach` whose every item has an expression, and other tasks meanwhile. */
export const forEach = {
  name: 'for-each',
  async run(bench) {
    const { client } = await bench.apart();
    const send = () => timed(() => client.send('echo', textMessage()));
    for (let n = 0; n < 30; n++) await send();
    const alone = [];
    for (let n = 0; n < 50; n++) alone.push(await send());
    let task;
    const running = timed(async () => {
      task = await client.send('chainOfItems', textMessage());
    }).then((ms) => ({ ms }));
    const beside = [];
    let ended;
    void running.then(
      (end) => {
        ended = end;
      },
      () => {
        ended = {};
      },
    );
    while (ended === undefined) beside.push(await send());
    const { ms } = await running;
    const history = await bench.temporal.client.workflow.getHandle(task.id).describe();
    return [
      counted({
        name: 'for-each',
        what: `items of a forEach of ${ITEMS} that finish, each with an expression of 750 nodes`,
        unit: '',
        value: task.artifacts[0].parts[0].data,
        goal: { least: ITEMS },
        note: `in ${(ms / 1_000).toFixed(1)} s, ${history.historyLength} events in its history`,
      }),
      counted({
        name: 'for-each',
        what: 'echo beside it, one at a time: median',
        unit: 'ms',
        value: median(beside),
        note: `slowest of 100: ${quantile(beside, 0.99).toFixed(0)} ms; without it: ${median(alone).toFixed(0)} ms`,
      }),
    ];
  },
};
