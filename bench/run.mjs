// npm run bench: the bridge side by side with plain Temporal, on one dev server, in one run.
import { writeFileSync } from 'node:fs';
import devServers from '../dist/dev-server/dev-server.js';
import { parseOptions, wholeNumber, wrongOptions } from '../interop/lib/options.mjs';
import { chain, chainOfItems, chainsAtOnce } from './cases/chain.mjs';
import { coldStart } from './cases/cold-start.mjs';
import { notFound } from './cases/not-found.mjs';
import { expressions, forEach } from './cases/expressions.mjs';
import { fairness } from './cases/fairness.mjs';
import { listTasks } from './cases/list.mjs';
import { readsOnPostgres, sendsOnPostgres } from './cases/postgres.mjs';
import { push, pushDown } from './cases/push.mjs';
import { readTasks } from './cases/read.mjs';
import { remoteCall } from './cases/remote.mjs';
import { rereading } from './cases/reread.mjs';
import { sdkServer } from './cases/sdk.mjs';
import { sendApart, sendAtOnce, sendImmediately, sendTogether } from './cases/send.mjs';
import { eventStreams, followedTasks, join as joinTask, subscriberMemory } from './cases/streams.mjs';
import { subscribers as crowd } from './cases/subscribers.mjs';
import { ticks } from './cases/tick.mjs';
import { Bench } from './lib/bench.mjs';
import { machine, table } from './lib/report.mjs';
import { startTemporalOnPostgres } from './lib/temporal-postgres.mjs';

const CASES = [
  sendApart,
  sendTogether,
  sendAtOnce,
  sendImmediately,
  readTasks,
  rereading,
  notFound,
  listTasks,
  sdkServer,
  sendsOnPostgres,
  readsOnPostgres,
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
  fairness,
  coldStart,
];

const HELP = `npm run bench -- [options]

Compares the bridge with plain Temporal: on the same dev server in memory, through the same worker process, bundle
and task queue, in rounds that take turns. Ratios are medians over the rounds, with their quartiles.

  --only <name>     only this part, may be repeated: ${CASES.map(({ name }) => name).join(', ')}
  --temporal <on>   dev: the in-memory dev server, unless set; postgres: a server with its tables in PostgreSQL
  --rounds <n>      rounds of each part that count, after warm-up; 8 unless set
  --push-tasks <n>  tasks with a webhook each; 1000 unless set
  --list-tasks <n>  tasks that are listed; 2000 unless set
  --streams <n>     streams at once whose events are timed, beside 1 and 50; 200 unless set
  --subscribers <n> streams whose memory is measured, beside 500; 2000 unless set
  --followed <n>    tasks that one node follows; 1000 unless set
  --workflow-slots <n> workflow tasks that the workers run at once; 40 unless set
  --json <file>     the result as JSON too
  --profile <dir>   CPU profiles of the API and worker processes; figures suffer
  --help

Ends with 1 when a goal is missed, and with 2 when an option is wrong.
`;

const values = parseOptions({
  only: { type: 'string', multiple: true },
  temporal: { type: 'string', default: 'dev' },
  rounds: { type: 'string', default: '8' },
  'push-tasks': { type: 'string', default: '1000' },
  'list-tasks': { type: 'string', default: '2000' },
  streams: { type: 'string', default: '200' },
  subscribers: { type: 'string', default: '2000' },
  followed: { type: 'string', default: '1000' },
  'workflow-slots': { type: 'string', default: '40' },
  json: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
});

/** By the value of --temporal. */
const SERVERS = {
  dev: () => devServers.startDevServer({ onProgress: progress }),
  postgres: async () => {
    const server = await startTemporalOnPostgres({ onProgress: progress });
    if (server.missing !== undefined) wrongOptions(`--temporal postgres: ${server.missing}`);
    console.log(`Temporal server: ${server.version}`);
    return server;
  },
};

function progress(line) {
  process.stderr.write(`${line}\n`);
}

async function main() {
  const rounds = wholeNumber(values, 'rounds', 1);
  const sizes = {
    pushTasks: wholeNumber(values, 'push-tasks', 1),
    listTasks: wholeNumber(values, 'list-tasks', 200),
    streams: wholeNumber(values, 'streams', 1),
    subscribers: wholeNumber(values, 'subscribers', 1),
    followed: wholeNumber(values, 'followed', 10),
    workflowSlots: wholeNumber(values, 'workflow-slots', 2),
  };
  const unknown = (values.only ?? []).filter((name) => !CASES.some((each) => each.name === name));
  if (unknown.length > 0) {
    wrongOptions(
      `--only: there is no ${unknown.join(', ')}; there are ${CASES.map(({ name }) => name).join(', ')}`,
    );
  }
  if (!(values.temporal in SERVERS))
    wrongOptions(`--temporal must be one of ${Object.keys(SERVERS).join(', ')}`);
  const chosen = CASES.filter(({ name }) => values.only?.includes(name) ?? true).filter(
    // They bring this server beside the dev server.
    (each) => values.temporal === 'dev' || ![sendsOnPostgres, readsOnPostgres].includes(each),
  );

  const facts = await machine();
  console.log(
    Object.entries(facts)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
  );
  const began = Date.now();
  const startServer = SERVERS[values.temporal];
  const bench = new Bench({ startServer, onProgress: progress, rounds, profile: values.profile, ...sizes });
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
