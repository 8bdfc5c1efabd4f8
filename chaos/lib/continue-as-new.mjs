// One task that tells very much and continues as new several times, under the light load of others: one client follows it
// from its start, and another one resumes from its middle on the other node.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Client, taskIdOf } from './client.mjs';
import { KINDS, startLoad, watch } from './load.mjs';
import { statusTexts } from './message.mjs';

const require = createRequire(import.meta.url);
const temporalClient = require('@temporalio/client');

const TASK_QUEUE = 'counters';
const RUNS = 10;

export const COUNTER = { type: 'counter', taskQueue: TASK_QUEUE };

/** @returns the records of all tasks, and the result of a check of its own */
export async function continueAsNew({ cluster, updates, signal }) {
  await cluster.begin('counters', [
    fileURLToPath(new URL('../workflows/counter.mjs', import.meta.url)),
    TASK_QUEUE,
  ]);
  const client = new Client(cluster.nodes, signal);
  const other = new Client([...cluster.nodes].reverse(), signal);
  const { echo, ticker } = KINDS;
  const load = startLoad({ client, receiver: cluster.receiver, kinds: { echo, ticker } });
  const record = load.record('counter');
  let second;
  try {
    await watch({
      ...{ client, record, agent: 'counter', text: `${updates} by ${Math.ceil(updates / RUNS)}` },
      onEvent(event) {
        if (statusTexts([event])[0] !== String(Math.ceil(updates / 2))) return;
        second = other.resume('counter', taskIdOf(event.data), event).catch((error) => error);
      },
    });
    record.joined = await second;
    record.ended = true;
  } catch (error) {
    record.problems.push(String(error?.message ?? error));
  }
  const texts = statusTexts(record.events);
  const wrong = texts.findIndex((text, index) => text !== String(index + 1));
  if (wrong >= 0) record.problems.push(`update ${wrong + 1} is ${texts[wrong]}`);
  if (texts.length !== updates) record.problems.push(`${texts.length} updates`);
  if (!(record.joined?.length > 1)) record.problems.push('the second client has seen nothing');
  await load.stop();
  await other.close();
  const runs = await runsOf(cluster.temporal, record.taskId);
  const faults = runs === RUNS ? [] : [`${runs} runs instead of ${RUNS}`];
  const note = `${texts.length} updates in ${runs} runs, ${record.joined?.length} events at the second client`;
  return { load, client, results: [{ name: 'a task that continues as new', faults, note }] };
}

async function runsOf({ address }, workflowId) {
  const connection = await temporalClient.Connection.connect({ address });
  try {
    const client = new temporalClient.Client({ connection });
    let runs = 0;
    for await (const _ of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) runs += 1;
    return runs;
  } finally {
    await connection.close();
  }
}
