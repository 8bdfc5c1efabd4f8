import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, counted, inTurns, order, timed } from '../lib/measure.mjs';

const STEPS = 5;
const AT_ONCE = 200;

function executeChain({ temporal }, taskQueue, workflowId = randomUUID()) {
  return temporal.client.workflow.execute('plainChain', { taskQueue, workflowId, args: [textMessage()] });
}

export const chain = {
  name: 'chain',
  async run(bench) {
    const { client, taskQueue } = await bench.apart();
    const sides = {
      bridge: () => client.send('chainOfFive', textMessage()),
      plain: () => executeChain(bench, taskQueue),
    };
    const row = await inTurns({ rounds: bench.rounds, calls: 4, sides, warmUp: 30 });
    return [
      compared({
        ...row,
        name: 'chain',
        what: `chain of ${STEPS} local echo calls`,
        against: `${STEPS} child workflows`,
        unit: 'ms',
        goal: { most: 1.05 },
      }),
    ];
  },
};

const ITEMS = 1_000;

/** A `forEach` whose items are calls and little else; as many at once as a child workflow of the other side. */
export const chainOfItems = {
  name: 'for-each-calls',
  async run(bench) {
    const { client, taskQueue } = await bench.apart();
    let task;
    const plainId = randomUUID();
    const sides = {
      bridge: async () => {
        task = await client.send('callForEach', textMessage());
      },
      plain: () =>
        bench.temporal.client.workflow.execute('plainForEach', {
          taskQueue,
          workflowId: plainId,
          args: [textMessage(), ITEMS, 10],
        }),
    };
    await batch(40, 10, () => client.send('chainOfFive', textMessage()));
    await batch(40, 10, () => executeChain(bench, taskQueue));
    const seconds = {};
    for (const name of Object.keys(sides)) seconds[name] = (await timed(sides[name])) / 1_000;
    const eventsOf = async (id) =>
      (await bench.temporal.client.workflow.getHandle(id).describe()).historyLength / ITEMS;
    const row = { name: 'for-each-calls', against: `${ITEMS} child workflows` };
    return [
      compared({
        ...row,
        what: `forEach of ${ITEMS} calls of echo, 10 at once`,
        unit: 's',
        bridge: [seconds.bridge],
        plain: [seconds.plain],
        goal: { most: 1.2 },
      }),
      compared({
        ...row,
        what: 'history events per item, in the caller',
        unit: '',
        bridge: [await eventsOf(task.id)],
        plain: [await eventsOf(plainId)],
      }),
    ];
  },
};

export const chainsAtOnce = {
  name: 'chain-200',
  async run(bench) {
    const { client, taskQueue } = await bench.apart();
    let finished = 0;
    let task;
    const plainId = randomUUID();
    const sides = {
      bridge: () =>
        batch(AT_ONCE, AT_ONCE, async () => {
          task = await client.send('chainOfFive', textMessage());
          finished += 1;
        }),
      plain: () => {
        let id = plainId;
        return batch(AT_ONCE, AT_ONCE, () => {
          const workflowId = id;
          id = randomUUID();
          return executeChain(bench, taskQueue, workflowId);
        });
      },
    };
    const seconds = {};
    for (const name of order(Object.keys(sides), 1)) seconds[name] = (await timed(sides[name])) / 1_000;
    const events = {
      bridge: await eventsPerStep(bench.temporal, task.id),
      plain: await eventsPerStep(bench.temporal, plainId),
    };
    return [
      counted({
        name: 'chain-200',
        what: `chains of ${STEPS} that finish, of ${AT_ONCE} at once`,
        unit: '',
        value: finished,
        goal: { least: AT_ONCE },
        note: `in ${seconds.bridge.toFixed(1)} s; child workflows took ${seconds.plain.toFixed(1)} s`,
      }),
      ...['caller', 'called'].map((who) =>
        compared({
          name: 'chain-200',
          what: `history events per step, in the ${who} workflow`,
          against: 'child workflows',
          unit: '',
          bridge: [events.bridge[who]],
          plain: [events.plain[who]],
        }),
      ),
    ];
  },
};

/** Events of the caller for each step, those of its own start and end left out; and events of one called. */
async function eventsPerStep({ client }, workflowId) {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const children = events.flatMap((event) => event.childWorkflowExecutionStartedEventAttributes ?? []);
  const { workflowExecution } = children[0];
  const called = await client.workflow.getHandle(workflowExecution.workflowId).fetchHistory();
  // Start, and the workflow task that begins; the closing event.
  const own = 5;
  return { caller: (events.length - own) / children.length, called: called.events.length };
}
