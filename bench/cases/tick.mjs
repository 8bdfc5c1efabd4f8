import { randomUUID } from 'node:crypto';
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client';
import { dataMessage } from '../lib/a2a-client.mjs';
import { compared, counted, median, nowNs, order, quantile } from '../lib/measure.mjs';

const COUNT = 24;

/** The first ones meet a workflow that is just beginning. */
const SKIPPED = 4;

/** Signal sent in an activity -> seen by the reader, in milliseconds; three ways to read. */
export const ticks = {
  name: 'tick',
  async run(bench) {
    const { client, taskQueue } = await bench.apart();
    const { temporal } = bench;
    const start = (type) =>
      temporal.client.workflow.start(type, {
        taskQueue,
        workflowId: randomUUID(),
        args: [COUNT],
      });

    const readers = {
      async bridge(seen) {
        const message = dataMessage({ count: COUNT });
        for await (const [event, at] of client.stream('a2aTicker', message, nowNs)) {
          const tick = event.statusUpdate?.status.message?.parts[0]?.data;
          if (tick !== undefined) seen(tick, at);
        }
      },
      async plain(seen) {
        const { workflowId } = await start('plainTicker');
        for await (const [event, at] of rawHistory(temporal, workflowId)) {
          const signal = event.workflowExecutionSignaledEventAttributes;
          if (signal) seen(JSON.parse(Buffer.from(signal.input.payloads[0].data).toString()), at);
        }
      },
      async streams(seen) {
        const handle = await start('streamsTicker');
        const topic = WorkflowStreamClient.create(temporal.client, handle.workflowId).topic('ticks');
        let left = COUNT;
        for await (const { data } of topic.subscribe(0)) {
          seen(data, nowNs());
          left -= 1;
          if (left === 0) break;
        }
        await handle.signal('stop');
        await handle.result();
      },
    };

    const names = Object.keys(readers);
    const medians = Object.fromEntries(names.map((name) => [name, []]));
    const all = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = -1; round < bench.rounds; round++) {
      for (const name of order(names, round)) {
        const times = [];
        await readers[name]((tick, at) => times.push((at - tick.sentNs) / 1e6));
        if (times.length !== COUNT) throw new Error(`${name}: ${times.length} of ${COUNT} ticks came`);
        if (round < 0) continue;
        medians[name].push(median(times.slice(SKIPPED)));
        all[name].push(...times.slice(SKIPPED));
      }
    }
    const events = await eventsOfTicker(bench, taskQueue);
    const p99 = (name) => `p99 ${quantile(all[name], 0.99).toFixed(1)} ms`;
    const row = { unit: 'ms', bridge: medians.bridge };
    return [
      compared({
        ...row,
        name: 'tick',
        what: 'event, activity to SSE client',
        against: 'raw history long poll',
        plain: medians.plain,
        goal: { most: 1.15 },
        note: `${p99('bridge')} against ${p99('plain')}`,
      }),
      compared({
        ...row,
        name: 'tick-streams',
        what: 'event, activity to SSE client',
        against: 'Workflow Streams',
        plain: medians.streams,
        goal: { most: 0.2 },
        note: `${p99('bridge')} against ${p99('streams')}`,
      }),
      counted({
        name: 'tick',
        what: 'history events of a ticker of 20 ticks, without those of workflow tasks',
        value: events,
        goal: { most: 27 },
      }),
    ];
  },
};

/** The built-in ticker tells a status and a chunk of an artifact with each tick. */
async function eventsOfTicker({ temporal }, taskQueue) {
  const id = randomUUID();
  const message = dataMessage({ count: 20, intervalMs: 50 });
  const args = [{ task: { id, contextId: id }, agentId: 'ticker', message }];
  const handle = await temporal.client.workflow.start('ticker', { taskQueue, workflowId: id, args });
  await handle.result();
  const { events } = await handle.fetchHistory();
  const isWorkflowTask = (event) => Object.keys(event).some((key) => /^workflowTask.*Attributes$/.test(key));
  return events.filter((event) => !isWorkflowTask(event)).length;
}

async function* rawHistory({ connection, namespace }, workflowId) {
  let nextPageToken;
  do {
    const page = await connection.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId },
      waitNewEvent: true,
      ...(nextPageToken && { nextPageToken }),
    });
    const at = nowNs();
    for (const event of page.history?.events ?? []) yield [event, at];
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
}
