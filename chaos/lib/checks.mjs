// What must hold when all is over, asked through the protocol, Temporal, the receiver's log and the nodes' metrics.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(import.meta.url);
const { Client, Connection } = require('@temporalio/client');

const LEFTOVERS = ['a2a_open_streams', 'a2a_followed_tasks', 'a2a_long_polls', 'a2a_waiting_sends'];
const PATIENCE_MS = 90_000;

/** Every task that was accepted has ended as it should. */
export function checkTasks(records) {
  const lost = records.filter(({ ended, problems }) => !ended || problems.length > 0);
  return result('every accepted task finished, with all that it was to say', lost.map(problemOf));
}

function problemOf({ name, taskId, ended, problems }) {
  return `${name} (${taskId}): ${ended ? '' : 'not finished; '}${problems.join('; ')}`;
}

/** What each client saw is what a client sees that follows the task from its first event. */
export async function checkEvents(records, client) {
  const faults = [];
  let events = 0;
  for (const record of records.filter((each) => each.events.length > 0)) {
    const { name, taskId, events: seen } = record;
    const whole = await client.stream(record.agent, record.message).catch((error) => error);
    if (whole instanceof Error) {
      faults.push(`${name} (${taskId}): ${whole.message}`);
      continue;
    }
    record.whole = whole;
    events += seen.length;
    const fault = differenceOf(seen, whole.slice(0, seen.length));
    if (fault !== undefined) faults.push(`${name} (${taskId}): ${fault}`);
    if (record.joined === undefined || record.joined.length === 0) continue;
    if (record.joined instanceof Error) {
      faults.push(`${name} (${taskId}), second client: ${record.joined.message}`);
      continue;
    }
    const [first, ...rest] = record.joined;
    events += record.joined.length;
    const from = whole.findIndex(({ id }) => id === first.id) + 1 || whole.length - rest.length;
    const joined = differenceOf(rest, whole.slice(from));
    if (joined !== undefined) faults.push(`${name} (${taskId}), second client: ${joined}`);
  }
  return result('each event once and in order for every client', faults, `${events} events`);
}

function differenceOf(seen, whole) {
  const ids = seen.map(({ id }) => id);
  const doubled = ids.find((id, index) => ids.indexOf(id) !== index);
  if (doubled !== undefined) return `event ${doubled} twice`;
  for (let index = 0; index < Math.max(seen.length, whole.length); index++) {
    if (seen[index]?.id === whole[index]?.id && same(seen[index].data, whole[index].data)) continue;
    const told = ({ id, data } = {}) => `${id} ${JSON.stringify(data)?.slice(0, 300)}`;
    return `event ${index + 1} of ${whole.length} is ${told(seen[index])} instead of ${told(whole[index])}`;
  }
  return undefined;
}

/** A snapshot of a task, which begins a stream, is of the time of the stream. */
function same(seen, whole) {
  if (seen.task !== undefined && whole.task !== undefined) return seen.task.id === whole.task.id;
  return JSON.stringify(seen) === JSON.stringify(whole);
}

/**
 * One workflow for each message, here and at the remote agent.
 * @param since what began before it is not looked at
 */
export async function checkWorkflows(records, { temporal, remoteNamespace }, since = new Date(0)) {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const faults = [];
    const known = new Set(records.flatMap(({ taskId }) => taskId ?? []));
    const seen = new Set();
    for (const { workflowId, parentExecution, status } of await workflowsOf(connection, 'default', since)) {
      if (parentExecution?.workflowId || workflowId.startsWith('a2a-push:')) continue;
      if (status.name === 'CONTINUED_AS_NEW') continue;
      if (seen.has(workflowId)) faults.push(`task ${workflowId} has two workflows`);
      seen.add(workflowId);
      if (!known.has(workflowId)) faults.push(`no client knows workflow ${workflowId}`);
      if (status.name !== 'COMPLETED') faults.push(`workflow ${workflowId} is ${status.name}`);
    }
    for (const id of known) if (!seen.has(id)) faults.push(`task ${id} has no workflow`);

    const called = records.filter(({ kind }) => kind === 'proxy' || kind === 'chain').length;
    const remote = await workflowsOf(connection, remoteNamespace, since);
    const remoteFaults = remote.length === called ? [] : [`${remote.length} workflows for ${called} calls`];
    for (const { workflowId, status } of remote) {
      if (status.name !== 'COMPLETED') remoteFaults.push(`workflow ${workflowId} is ${status.name}`);
    }
    return [
      result('one workflow for each message', faults, `${seen.size} tasks`),
      result("the remote agent's work done once", remoteFaults, `${called} calls`),
    ];
  } finally {
    await connection.close();
  }
}

async function workflowsOf(connection, namespace, since) {
  const client = new Client({ connection, namespace });
  const all = [];
  const query = `StartTime >= '${since.toISOString()}'`;
  for await (const workflow of client.workflow.list({ query })) all.push(workflow);
  return all;
}

/** Each webhook got each event of its task, in order; what it was sent again has the key of the first time. */
export async function checkWebhooks(records, receiver) {
  const wanted = records.filter(({ kind }) => kind === 'push');
  const faults = [];
  let repeated = 0;
  let acknowledgedBefore = 0;
  for (const { name, taskId, whole = [] } of wanted) {
    const deadline = Date.now() + PATIENCE_MS;
    let got = linesOf(receiver.log, name);
    while (new Set(got.flatMap(({ key }) => key ?? [])).size < whole.length && Date.now() < deadline) {
      await sleep(500);
      got = linesOf(receiver.log, name);
    }
    const bodies = new Map();
    const acknowledged = new Set();
    for (const { key, body, acknowledged: taken } of got) {
      if (taken !== undefined) acknowledged.add(taken);
      if (key === undefined) continue;
      if (bodies.has(key)) {
        repeated += 1;
        if (acknowledged.has(key)) acknowledgedBefore += 1;
        if ([...bodies.keys()].at(-1) !== key) faults.push(`${name} (${taskId}): ${key} came again, later`);
      } else bodies.set(key, body);
    }
    const told = [...bodies.values()].map((body) => ({ data: JSON.parse(body) }));
    const fault = differenceOf(
      told.map((each, index) => ({ ...each, id: index })),
      whole.map(({ data }, index) => ({ data, id: index })),
    );
    if (fault !== undefined) faults.push(`${name} (${taskId}): ${fault}`);
  }
  const note = `${wanted.length} webhooks, ${repeated} notifications repeated, ${acknowledgedBefore} of them after the answer had left`;
  return result('webhooks complete and in order', faults, note);
}

function linesOf(log, name) {
  return readFileSync(log, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter((each) => each.name === name);
}

/** No node still follows anything. */
export async function checkLeftovers(nodes) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const faults = [];
    for (const [index, { metrics }] of nodes.entries()) {
      const text = await (await fetch(metrics)).text();
      for (const name of LEFTOVERS) {
        const left = sumOf(text, name);
        if (left !== 0) faults.push(`api-${index + 1}: ${name} is ${left}`);
      }
    }
    if (faults.length === 0 || Date.now() > deadline) {
      return result('no stream, feed or long poll left over', faults);
    }
    await sleep(500);
  }
}

/** Of all label values; 0 when there is none. */
function sumOf(text, name) {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export function checkDeaths(processes) {
  const deaths = Object.values(processes).flatMap(({ name, deaths }) =>
    deaths.map((said) => `${name} has ended by itself: ${said.slice(-1_000)}`),
  );
  return result('no process ended by itself', deaths);
}

function result(name, faults, note = '') {
  return { name, faults, note };
}
