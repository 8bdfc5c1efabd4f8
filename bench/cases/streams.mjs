import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, counted, median, nowNs, order, quantile } from '../lib/measure.mjs';

const READERS = fileURLToPath(new URL('../readers.mjs', import.meta.url));
const BARE = fileURLToPath(new URL('../bare-streams.mjs', import.meta.url));

/** Streams at once, each of a task, what p50 and p99 may be of those of as many long polls, and events in a round. */
const sizes = (most) => [
  { count: 1, most: 1.15, events: 60 },
  { count: 50, most: 1.2, events: 100 },
  { count: most, most: 1.5, events: 100 },
];

/** Pause in ms between two events: some 40 a second, which leaves the worker room. */
const PAUSE_MS = { least: 15, spread: 21 };

/** An event, by signal, to an SSE client; against a raw long poll. As many tasks again are for the long polls. */
export const eventStreams = {
  name: 'events',
  async run(bench) {
    const { api } = await bench.apart();
    const streams = await bench.start(READERS, { url: api.url });
    const polls = await bench.start(READERS, { address: bench.server.address });
    const rows = [];
    for (const { count, most, events } of sizes(bench.streams)) {
      const readers = { bridge: streams, plain: polls };
      const ids = { bridge: await holders(bench, count), plain: await holders(bench, count) };
      await streams.call('subscribe', 'a2aHolder', ids.bridge);
      await polls.call('poll', ids.plain);
      const medians = { bridge: [], plain: [] };
      const all = { bridge: [], plain: [] };
      for (let round = -1; round < Math.min(bench.rounds, 4); round++) {
        for (const side of order(Object.keys(readers), round)) {
          const times = await tellAll(bench, readers[side], ids[side], events);
          if (round < 0) continue;
          medians[side].push(median(times));
          all[side].push(...times);
        }
      }
      await streams.call('close');
      const row = { name: 'events', against: 'raw history long poll', unit: 'ms', goal: { most } };
      const what = `event to SSE client, ${count === 1 ? '1 stream' : `${count} streams of ${count} tasks`}`;
      const p99 = (side) => [quantile(all[side], 0.99)];
      rows.push(
        compared({ ...row, what: `${what}, p50`, ...medians }),
        compared({ ...row, what: `${what}, p99`, bridge: p99('bridge'), plain: p99('plain') }),
      );
    }
    return rows;
  },
};

/** 500 clients join one task at the same moment. */
export const join = {
  name: 'join',
  async run(bench) {
    const { api } = await bench.freshApi();
    const readers = await bench.start(READERS, { url: api.url });
    // What Node.js has not compiled yet takes several times as long.
    const [warm] = await holders(bench, 1);
    for (let n = 0; n < 3; n++) await readers.call('subscribe', 'a2aHolder', Array(200).fill(warm), 200);
    await readers.call('close');
    const one = [];
    const many = [];
    const ids = await holders(bench, 2 * bench.rounds);
    const before = await api.call('rpcs');
    for (let round = 0; round < bench.rounds; round++) {
      const [alone, joined] = ids.splice(0, 2);
      one.push(...(await readers.call('subscribe', 'a2aHolder', [alone])));
      const times = await readers.call('subscribe', 'a2aHolder', Array(500).fill(joined), 500);
      many.push(Math.max(...times));
      await readers.call('close');
      await sleep(200);
    }
    const after = await api.call('rpcs');
    const made = (name) => (after[name] ?? 0) - (before[name] ?? 0);
    return [
      compared({
        name: 'join',
        what: 'until all of 500 that join one task have its first event',
        against: 'one subscriber',
        unit: 'ms',
        bridge: many,
        plain: one,
        goal: { most: 5 },
        note: `for ${bench.rounds} of each: ${made('describeWorkflowExecution')} describes, ${made('getWorkflowExecutionHistory')} pages of history and long polls`,
      }),
      counted({
        name: 'join',
        what: 'queries',
        unit: '',
        value: made('queryWorkflow'),
        goal: { most: 0 },
      }),
    ];
  },
};

/** What a subscriber takes of the API's memory, its part of the feed included. */
export const subscriberMemory = {
  name: 'memory',
  async run(bench) {
    const rows = [];
    for (const { count, tasks } of [
      { count: 500, tasks: 50 },
      { count: bench.subscribers, tasks: 50 },
    ]) {
      const { api } = await bench.freshApi();
      const ours = await memoryOf(bench, api, await holders(bench, tasks + 10), count);
      const server = await bench.start(BARE, {}, ['--expose-gc']);
      const bare = await memoryOf(bench, server, ['any'], count);
      for (const key of ['rss', 'heap']) {
        const kind = key === 'rss' ? 'RSS' : 'JavaScript heap and buffers';
        rows.push(
          compared({
            name: 'memory',
            what: `of a subscriber, ${count} on ${tasks} tasks, ${kind}`,
            against: 'bare Node.js stream',
            unit: 'KB',
            bridge: [ours[key]],
            plain: [bare[key]],
            ...(key === 'rss' && { goal: { most: 1.2 } }),
          }),
        );
      }
    }
    return rows;
  },
};

/** KB for each of `count` more streams; some are there before, so that what a process takes once is not counted. */
async function memoryOf(bench, server, ids, count) {
  const readers = await bench.start(READERS, { url: server.url });
  const first = ids.slice(-10);
  const others = ids.length > 10 ? ids.slice(0, -10) : ids;
  const spread = (from, total) => Array.from({ length: total }, (_, index) => from[index % from.length]);
  await readers.call('subscribe', 'a2aHolder', spread(first, 100));
  const before = await server.call('memory');
  await readers.call('subscribe', 'a2aHolder', spread(others, count));
  const after = await server.call('memory');
  await readers.call('close');
  return {
    rss: (after.rss - before.rss) / count / 1_000,
    heap: (after.heap - before.heap) / count / 1_000,
  };
}

/** Many tasks followed by one node. */
export const followedTasks = {
  name: 'followed',
  async run(bench) {
    const few = Math.ceil(bench.followed / 10);
    const all = await holders(bench, bench.followed);
    const { api } = await bench.freshApi();
    const readers = await bench.start(READERS, { url: api.url });
    const base = await api.call('memory');
    await readers.call('subscribe', 'a2aHolder', all.slice(0, few));
    const withFew = await api.call('memory');
    await readers.call('subscribe', 'a2aHolder', all.slice(few));
    const withAll = await api.call('memory');
    await sleep(3_000);
    const polls = await api.call('longPolls');
    const idle = { cpu: bench.cpuOf(api.pid), at: performance.now() };
    await sleep(20_000);
    const load = (bench.cpuOf(api.pid) - idle.cpu) / (performance.now() - idle.at);
    await readers.call('taken');
    const told = Math.min(all.length, 500);
    await tellAll(bench, readers, all, told);
    await readers.call('close');
    const mb = (memory) => (memory.rss - base.rss) / 1e6;
    return [
      compared({
        name: 'followed',
        what: `memory with ${all.length} tasks followed (RSS)`,
        against: `with ${few}`,
        unit: 'MB',
        bridge: [mb(withAll)],
        plain: [mb(withFew)],
        goal: { most: 12 },
        note: `${polls} long polls; all of ${told} events came`,
      }),
      counted({
        name: 'followed',
        what: `CPU of the API with ${all.length} tasks that are quiet`,
        unit: 'cores',
        value: load,
        goal: { most: 0.5 },
      }),
    ];
  },
};

/** IDs of as many tasks that go on. */
async function holders(bench, count) {
  const { client } = await bench.apart();
  const ids = [];
  await batch(count, 32, async () => {
    ids.push((await client.sendImmediately('a2aHolder', textMessage())).id);
  });
  // Until they have begun, so that nothing of that is measured.
  await client.getTask('a2aHolder', ids.at(-1));
  await sleep(1_000);
  return ids;
}

/** Tells the tasks, one after the other, so many events; returns the ms that each took, when all have come. */
async function tellAll({ temporal }, readers, ids, events) {
  for (let n = 0; n < events; n++) {
    const handle = temporal.client.workflow.getHandle(ids[(n * 7) % ids.length]);
    await sleep(PAUSE_MS.least + ((n * 37) % PAUSE_MS.spread));
    const parts = [{ data: { n, sentNs: nowNs() } }];
    const message = { messageId: `event-${n}`, role: 'ROLE_AGENT', parts };
    void handle.signal('a2a_update', [
      { statusUpdate: { status: { state: 'TASK_STATE_WORKING', message } } },
    ]);
  }
  const times = [];
  const deadline = performance.now() + 120_000;
  for (;;) {
    times.push(...(await readers.call('taken')));
    if (times.length >= events) return times;
    if (performance.now() > deadline) throw new Error(`${times.length} of ${events} events came`);
    await sleep(50);
  }
}
