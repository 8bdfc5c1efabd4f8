// npm run bench: the bridge side by side with plain Temporal, on one dev server, in one run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import devServers from '../dist/dev-server/dev-server.js';
import connecting from '../dist/temporal/connection.js';
import { chain, chainOfItems, chainsAtOnce } from './cases/chain.mjs';
import { coldStart } from './cases/cold-start.mjs';
import { expressions, forEach } from './cases/expressions.mjs';
import { listTasks } from './cases/list.mjs';
import { push, pushDown } from './cases/push.mjs';
import { readTasks } from './cases/read.mjs';
import { remoteCall } from './cases/remote.mjs';
import { rereading } from './cases/reread.mjs';
import { sdkServer } from './cases/sdk.mjs';
import { sendApart, sendAtOnce, sendImmediately, sendTogether } from './cases/send.mjs';
import { eventStreams, followedTasks, join as joinTask, subscriberMemory } from './cases/streams.mjs';
import { subscribers as crowd } from './cases/subscribers.mjs';
import { ticks } from './cases/tick.mjs';
import { a2aClient } from './lib/a2a-client.mjs';
import { startChild } from './lib/ipc.mjs';
import { machine, table } from './lib/report.mjs';

const CASES = [
  sendApart,
  sendTogether,
  sendAtOnce,
  sendImmediately,
  readTasks,
  rereading,
  listTasks,
  sdkServer,
  ticks,
  eventStreams,
  crowd,
  joinTask,
  subscriberMemory,
  followedTasks,
  chain,
  chainsAtOnce,
  chainOfItems,
  expressions,
  forEach,
  remoteCall,
  push,
  pushDown,
  coldStart,
];

const HELP = `npm run bench -- [options]

Compares the bridge with plain Temporal: on the same in-memory dev server, through the same worker process, bundle
and task queue, in rounds that take turns. Ratios are medians over the rounds, with their quartiles.

  --only <name>     only this part, may be repeated: ${CASES.map(({ name }) => name).join(', ')}
  --rounds <n>      rounds of each part that count, after warm-up; 8 unless set
  --push-tasks <n>  tasks with a webhook each; 1000 unless set
  --list-tasks <n>  tasks that are listed; 2000 unless set
  --streams <n>     streams at once whose events are timed, beside 1 and 50; 200 unless set
  --subscribers <n> streams whose memory is measured, beside 500; 2000 unless set
  --followed <n>    tasks that one node follows; 1000 unless set
  --json <file>     the result as JSON too
  --profile <dir>   CPU profiles of the API and worker processes; figures suffer
  --help

Ends with 1 when a goal is missed.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '8' },
    'push-tasks': { type: 'string', default: '1000' },
    'list-tasks': { type: 'string', default: '2000' },
    streams: { type: 'string', default: '200' },
    subscribers: { type: 'string', default: '2000' },
    followed: { type: 'string', default: '1000' },
    json: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Starts what the cases need when they need it, and stops all of it in the end. */
class Bench {
  #logs = mkdtempSync(join(tmpdir(), 'temporal-a2a-bench-'));
  #stops = [];
  #apart;
  #together;

  constructor({ rounds, profile, pushTasks, listTasks, streams, subscribers, followed }) {
    this.rounds = rounds;
    this.pushTasks = pushTasks;
    this.listTasks = listTasks;
    this.streams = streams;
    this.subscribers = subscribers;
    this.followed = followed;
    this.profile = profile;
  }

  async begin() {
    this.server = await devServers.startDevServer({ onProgress: progress });
    this.#stops.push(() => this.server.stop());
    const target = { address: this.server.address, namespace: 'default' };
    this.temporal = await connecting.connectTemporal({
      ...target,
      connectionOptions: { address: target.address },
    });
    this.#stops.push(() => this.temporal.connection.close());
  }

  /** API and worker in two processes. */
  apart() {
    this.#apart ??= this.#startApart('bench-apart');
    return this.#apart;
  }

  /** API and worker in one process, on one connection: workflows start eagerly. */
  together() {
    this.#together ??= this.#node('both', 'bench-together').then(withClient('bench-together'));
    return this.#together;
  }

  /** Another API for the worker of {@link apart}. */
  async freshApi() {
    await this.apart();
    return withClient('bench-apart')(await this.#node('api', 'bench-apart'));
  }

  /** A process of the bench, ended with it. */
  async start(script, options, execArgv) {
    const child = await startChild(script, options, { logs: this.#logs, execArgv });
    this.#stops.push(() => child.stop());
    return child;
  }

  async end() {
    for (const stop of this.#stops.reverse()) await stop();
    rmSync(this.#logs, { recursive: true, force: true });
  }

  /** Milliseconds of CPU that a process has used; Linux only. */
  cpuOf(pid) {
    return process.platform === 'linux' ? cpuOf(pid) : Number.NaN;
  }

  /** Milliseconds of CPU that each process of {@link apart}, the server and this one have used; Linux only. */
  async cpu() {
    if (process.platform !== 'linux') return {};
    const { api, worker } = await this.apart();
    return {
      server: cpuOf(this.server.pid),
      worker: cpuOf(worker.pid),
      API: cpuOf(api.pid),
      client: cpuOf(process.pid),
    };
  }

  async #startApart(taskQueue) {
    const worker = await this.#node('worker', taskQueue);
    return { worker, ...withClient(taskQueue)(await this.#node('api', taskQueue)) };
  }

  #node(role, taskQueue) {
    const profiling = this.profile
      ? ['--cpu-prof', `--cpu-prof-dir=${resolve(this.profile)}`, `--cpu-prof-name=${role}.cpuprofile`]
      : [];
    const script = fileURLToPath(new URL('node.mjs', import.meta.url));
    const { address } = this.server;
    return this.start(script, { role, address, taskQueue }, ['--expose-gc', ...profiling]);
  }
}

/** From /proc, in which a tick is a hundredth of a second. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

function withClient(taskQueue) {
  return (api) => ({ api, taskQueue, client: a2aClient(api.url) });
}

function progress(line) {
  process.stderr.write(`${line}\n`);
}

function atLeast(least, name) {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name} must be a whole number from ${least}`);
}

async function main() {
  const rounds = atLeast(1, 'rounds');
  const pushTasks = atLeast(1, 'push-tasks');
  const listTasks = atLeast(200, 'list-tasks');
  const streams = atLeast(1, 'streams');
  const subscribers = atLeast(1, 'subscribers');
  const followed = atLeast(10, 'followed');
  const unknown = (values.only ?? []).filter((name) => !CASES.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`--only: there is no ${unknown.join(', ')}; see --help`);
  const chosen = CASES.filter(({ name }) => values.only?.includes(name) ?? true);

  const facts = await machine();
  console.log(
    Object.entries(facts)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
  );
  const began = Date.now();
  const bench = new Bench({
    rounds,
    profile: values.profile,
    pushTasks,
    listTasks,
    streams,
    subscribers,
    followed,
  });
  const rows = [];
  try {
    await bench.begin();
    for (const each of chosen) {
      const started = Date.now();
      try {
        rows.push(...(await each.run(bench)));
      } catch (error) {
        // What the other parts have found is not lost with it.
        console.error(error);
        rows.push({ name: each.name, what: '', failed: String(error) });
      }
      progress(`${each.name}: ${((Date.now() - started) / 1_000).toFixed(1)} s`);
    }
  } finally {
    await bench.end();
  }
  console.log(`\n${table(rows)}`);
  console.log(`\n${rounds} rounds, ${((Date.now() - began) / 1_000).toFixed(0)} s`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ machine: facts, rounds, rows }, null, 2)}\n`);
  }
  if (rows.some(({ pass, failed }) => pass === false || failed)) process.exitCode = 1;
}

if (values.help) {
  process.stdout.write(HELP);
} else {
  try {
    await main();
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
