// npm run deploy-proof: docker-compose.yml as plain processes, what clients of other makers find there, and a restart of
// each part under load.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENTS } from '../interop/lib/clients.mjs';
import { filtered, MATRIX } from '../interop/lib/matrix.mjs';
import { parseOptions, wrongOptions } from '../interop/lib/options.mjs';
import { logger, runProgram, shutdown } from '../interop/lib/program.mjs';
import { startReceiver } from '../interop/lib/receiver.mjs';
import { Report } from '../interop/lib/report.mjs';
import { runClient } from '../interop/lib/run-client.mjs';
import {
  checkDeaths,
  checkEvents,
  checkLeftovers,
  checkTasks,
  checkWebhooks,
  checkWorkflows,
} from './lib/checks.mjs';
import { Client } from './lib/client.mjs';
import { startComposeCluster } from './lib/compose-cluster.mjs';
import { startLoad } from './lib/load.mjs';
import { linesOfResults, linesOfTasks } from './lib/report.mjs';
import { rollingRestart } from './lib/rolling-restart.mjs';

const HELP = `npm run deploy-proof -- [options]

Runs what docker-compose.yml describes as plain processes: PostgreSQL of Debian's packages, the Temporal server (built
with Go, once), two API nodes and two workers, with the commands, settings and grace periods of the file. The official
Go client and curl call every operation there; then each part is restarted in its turn under the load of npm run chaos,
and nothing may be lost, doubled or out of order.

  --only <part>  "clients" or "restarts" alone
  --keep         keeps the logs, and says where
  --help

Ends with "N passed, N failed", and exit code 1 when something has failed; 2 when something that it takes is not
installed.
`;

/** By client: the API node that it calls. */
const CALLERS = { go: 0, curl: 1 };

/** For what has begun to end, once all is whole again. */
const SETTLE_MS = 180_000;
const ALL_MS = 90 * 60_000;

const PARTS = ['clients', 'restarts'];
const flags = parseOptions({
  only: { type: 'string' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});
const say = (line) => process.stdout.write(`${line}\n`);
const has = (part) => flags.only === undefined || flags.only === part;

if (flags.help) say(HELP);
else if (!PARTS.some(has)) wrongOptions(`--only must be one of ${PARTS.join(', ')}`);
else await runProgram(main, ALL_MS);

async function main() {
  const directory = mkdtempSync(join(tmpdir(), 'temporal-a2a-deploy-'));
  shutdown.add('directory', () => {
    if (!flags.keep) rmSync(directory, { recursive: true, force: true });
  });
  if (flags.keep) say(`logs: ${directory}`);
  const [key, otherKey] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  const cluster = await startComposeCluster({
    ...{ directory, shutdown, onProgress: (line) => logger.info(line) },
    keys: { INTEROP_KEY: key, INTEROP_OTHER_KEY: otherKey },
  });
  if (cluster.missing !== undefined) {
    process.stderr.write(`${cluster.missing}\n`);
    return 2;
  }
  say(`${cluster.version}: two API nodes and two workers are ready`);

  const report = new Report();
  if (has('clients')) await callEverything(cluster, { key, otherKey, report });
  const { lines, results } = has('restarts') ? await restartEverything(cluster) : { lines: [], results: [] };
  results.push(await checkLeftovers(cluster.nodes), checkDeaths(cluster.processes));

  if (report.results.size > 0) say(`\n${report}`);
  say(`\n${[...lines, '', ...linesOfResults(results)].join('\n')}\n`);
  const faulty = results.filter(({ faults }) => faults.length > 0).length;
  const failed = report.count('failed') + faulty;
  say(`${report.count('passed') + results.length - faulty} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** The cases of `npm run interop`, each client at a node of its own. */
async function callEverything({ nodes, temporal }, { key, otherKey, report }) {
  const receiver = await startReceiver({ restart: () => {} });
  shutdown.add('hooks', () => receiver.close());
  const options = { env: process.env, signal: shutdown.signal, log: (line) => logger.info(line) };
  for (const [client, node] of Object.entries(CALLERS)) {
    const program = await CLIENTS[client](options);
    const { url } = nodes[node];
    const config = { url, hooks: receiver.url, key, otherKey, temporal: temporal.address };
    await runClient(program, { ...config, client, runs: filtered(MATRIX, [])[client] }, report);
  }
}

async function restartEverything(cluster) {
  const giveUp = new AbortController();
  const signal = AbortSignal.any([giveUp.signal, shutdown.signal]);
  const client = new Client(cluster.nodes, signal);
  const since = new Date();
  const load = startLoad({ client, receiver: cluster.receiver });
  const { lines, result } = await rollingRestart({
    ...{ cluster, repeated: client.repeated, tell: (line) => logger.info(line), signal },
  });
  const late = setTimeout(() => giveUp.abort(new Error('not finished in time')), SETTLE_MS);
  await load.stop();
  clearTimeout(late);

  const { records } = load;
  const checking = new Client(
    cluster.nodes,
    AbortSignal.any([AbortSignal.timeout(SETTLE_MS), shutdown.signal]),
  );
  const results = [
    result,
    checkTasks(records),
    await checkEvents(records, checking),
    ...(await checkWorkflows(records, cluster, since)),
    await checkWebhooks(records, cluster.receiver),
  ];
  await Promise.all([client.close(), checking.close()]);
  return { lines: [...lines, '', ...linesOfTasks(records)], results };
}
