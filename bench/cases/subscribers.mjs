import { fileURLToPath } from 'node:url';
import { textMessage } from '../lib/a2a-client.mjs';
import { counted, median, nowNs } from '../lib/measure.mjs';

const COUNT = 500;

/** They are there before memory is measured, so that what a process takes once is not counted. */
const FIRST = 100;

/** 500 streams of one task that waits, then its end for all of them. */
export const subscribers = {
  name: 'subscribers',
  async run(bench) {
    // A process that has done little else, so that nothing freed before hides what a subscriber takes.
    const { api, client } = await bench.freshApi();
    const script = fileURLToPath(new URL('../subscribers.mjs', import.meta.url));
    const crowd = await bench.start(script, { url: api.url });

    const task = await client.send('interview', textMessage(), 'TASK_STATE_INPUT_REQUIRED');
    const events = () => historyLength(bench.temporal, task.id);
    await client.getTask('interview', task.id);
    const eventsBefore = await events();
    const pollsBefore = await api.call('longPolls');
    await crowd.call('subscribe', 'interview', task.id, FIRST);
    const before = await api.call('memory');
    await crowd.call('subscribe', 'interview', task.id, COUNT - FIRST);
    const after = await api.call('memory');
    const polls = (await api.call('longPolls')) - pollsBefore;
    const added = (await events()) - eventsBefore;

    const ended = crowd.call('ended');
    const sentNs = nowNs();
    await client.send('interview', { ...textMessage('Ada'), taskId: task.id });
    const times = (await ended).map((at) => (at - sentNs) / 1e6);
    const each = (key) => perSubscriber(before, after, key);
    const bare = await bareStreams(bench, script);
    const name = 'subscribers';
    const delivery = `all had the end after ${Math.max(...times).toFixed(0)} ms, half after ${median(times).toFixed(0)} ms`;
    return [
      counted({
        name,
        what: `long polls held for ${COUNT} subscribers`,
        unit: '',
        value: polls,
        goal: { most: 1, least: 1 },
        note: delivery,
      }),
      counted({
        name,
        what: `history events added by ${COUNT} subscribers`,
        unit: '',
        value: added,
        goal: { most: 0 },
      }),
      counted({
        name,
        what: 'memory of the API process per subscriber (RSS)',
        unit: 'KB',
        value: each('rss'),
        goal: { most: 20 },
        note: `${each('heap').toFixed(1)} KB of it JavaScript heap and buffers`,
      }),
      counted({
        name,
        what: 'memory of a bare Node.js server per stream (RSS)',
        unit: 'KB',
        value: bare('rss'),
        note: `${bare('heap').toFixed(1)} KB of it JavaScript heap and buffers`,
      }),
    ];
  },
};

function perSubscriber(before, after, key) {
  return (after[key] - before[key]) / (COUNT - FIRST) / 1_000;
}

/** The same crowd at a server that does nothing but hold streams. */
async function bareStreams(bench, script) {
  const server = await bench.start(fileURLToPath(new URL('../bare-streams.mjs', import.meta.url)), {}, [
    '--expose-gc',
  ]);
  const crowd = await bench.start(script, { url: server.url });
  await crowd.call('subscribe', 'any', 'any', FIRST);
  const before = await server.call('memory');
  await crowd.call('subscribe', 'any', 'any', COUNT - FIRST);
  const after = await server.call('memory');
  return (key) => perSubscriber(before, after, key);
}

async function historyLength({ connection, namespace }, workflowId) {
  const { workflowExecutionInfo } = await connection.workflowService.describeWorkflowExecution({
    namespace,
    execution: { workflowId },
  });
  return Number(workflowExecutionInfo.historyLength);
}
