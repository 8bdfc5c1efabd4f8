// npm run chaos: kills, cuts and slows the parts of a small cluster under load, and checks that nothing is lost,
// doubled or out of order.
import { setMaxListeners } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, wholeNumber, wrongOptions } from '../interop/lib/options.mjs';
import { runProgram, shutdown } from '../interop/lib/program.mjs';
import {
  checkDeaths,
  checkEvents,
  checkLeftovers,
  checkTasks,
  checkWebhooks,
  checkWorkflows,
} from './lib/checks.mjs';
import { Client } from './lib/client.mjs';
import { startCluster } from './lib/cluster.mjs';
import { COUNTER, continueAsNew } from './lib/continue-as-new.mjs';
import { mountDisk } from './lib/disk.mjs';
import { runFaults } from './lib/faults.mjs';
import { startLoad } from './lib/load.mjs';
import { report } from './lib/report.mjs';
import { RELEASE, rollingDeploy } from './lib/rolling-deploy.mjs';
import { apiKills, scheduleOf, withFullDisk } from './lib/schedule.mjs';
import { soak } from './lib/soak.mjs';

const HELP = `npm run chaos -- [options]

Two API nodes, two workers, Temporal, a remote agent and a receiver of webhooks, under load; every few seconds one of
them is killed, or a link is cut or slowed; once Temporal's disk is full (for root only, who may mount one). In the end
nothing may be lost, doubled or out of order.

  --minutes <n>      how long; 10 unless set
  --short            1.25 minutes, for continuous integration: about two with start, checks and end
  --soak             no faults, but three times the load, for 20 minutes unless --minutes says otherwise: memory and
                     event loops of API nodes and workers must stay as they are
  --continue-as-new  instead: one task with 20,000 updates (--updates <n>) that continues as new nine times, followed
                     by two clients, under light load
  --rolling-deploy   instead: workers of one version after the other, each with other workflow code, under light load
  --kill-api         with these two: kills an API node every ten seconds
  --seed <n>         the same faults at the same times as in another run; else a new one, which is printed
  --skew <s>         how far the clock of worker-2 is off, in seconds; 420 unless set, 0 for none
  --keep             keeps the logs, and says where
  --verbose          tells of each fault
  --help

Ends with "N passed, N failed", one for each check, and exit code 1 when one has failed.
`;

/** For what has begun to end, once all is whole again. */
const SETTLE_MS = 180_000;

const flags = parseOptions({
  minutes: { type: 'string' },
  soak: { type: 'boolean', default: false },
  'continue-as-new': { type: 'boolean', default: false },
  updates: { type: 'string', default: '20000' },
  'rolling-deploy': { type: 'boolean', default: false },
  'kill-api': { type: 'boolean', default: false },
  short: { type: 'boolean', default: false },
  seed: { type: 'string' },
  skew: { type: 'string', default: '420' },
  keep: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});
const MINUTES = flags.short ? 1.25 : Number(flags.minutes ?? (flags.soak ? 20 : 10));
if (!(MINUTES > 0)) wrongOptions('--minutes must be a number above 0; see --help');
const SKEW_S = Number(flags.skew);
if (!Number.isFinite(SKEW_S)) wrongOptions('--skew must be a number of seconds; see --help');
const UPDATES = wholeNumber(flags, 'updates', 1);
const SEED = wholeNumber(flags, 'seed', 0) ?? Date.now() % 1_000_000;
const SOAK_TIMES = 3;
const DATABASE = 'temporal.db';
const say = (line) => process.stdout.write(`${line}\n`);

if (flags.help) say(HELP);
else await runProgram(main, (30 + 2 * MINUTES) * 60_000);

async function main() {
  const seed = SEED;
  const ms = MINUTES * 60_000;
  const directory = mkdtempSync(join(tmpdir(), 'temporal-a2a-chaos-'));
  shutdown.add('directory', () => {
    if (!flags.keep) rmSync(directory, { recursive: true, force: true });
  });
  if (flags.keep) say(`logs: ${directory}`);
  say(`seed ${seed}, ${ms / 60_000} minutes`);

  const special = flags['continue-as-new']
    ? continueAsNew
    : flags['rolling-deploy']
      ? rollingDeploy
      : undefined;
  const { schedule, disk, more = [] } = plan({ seed, ms, directory, special });
  const cluster = await startCluster({
    directory,
    database: join(disk?.directory ?? directory, DATABASE),
    disk,
    clockShiftMs: SKEW_S * 1_000,
    own: special === undefined ? [] : [COUNTER, RELEASE],
    // So small that it is full before memory is looked at.
    env: flags.soak ? { READ_CACHE_BYTES: String(4 * 1024 * 1024) } : {},
    shutdown,
  });
  const giveUp = new AbortController();
  const signal = AbortSignal.any([giveUp.signal, shutdown.signal]);
  setMaxListeners(0, signal);
  const begun = [];
  const noted = (fault, at) => {
    begun.push(fault);
    tell(fault, at);
  };
  let load;
  let client;
  let soaked;
  const results = [];
  if (special === undefined) {
    client = new Client(cluster.nodes, signal);
    load = startLoad({ client, receiver: cluster.receiver, times: flags.soak ? SOAK_TIMES : 1 });
    soaked = flags.soak ? await soak({ sources: cluster.metrics, ms }) : undefined;
    await runFaults({ schedule, cluster, tell: noted });
    const late = setTimeout(() => giveUp.abort(new Error('not finished in time')), SETTLE_MS);
    await load.stop();
    clearTimeout(late);
  } else {
    const over = new AbortController();
    const faults = runFaults({ schedule, cluster, tell: noted, signal: over.signal });
    const late = setTimeout(() => giveUp.abort(new Error('not finished in time')), ms);
    const done = await special({ cluster, directory, updates: UPDATES, signal });
    clearTimeout(late);
    over.abort();
    await faults;
    ({ load, client } = done);
    results.push(...done.results);
  }

  const { records } = load;
  results.push(checkTasks(records));
  const checking = new Client(
    cluster.nodes,
    AbortSignal.any([AbortSignal.timeout(SETTLE_MS), shutdown.signal]),
  );
  results.push(await checkEvents(records, checking));
  results.push(...(await checkWorkflows(records, cluster)));
  results.push(await checkWebhooks(records, cluster.receiver));
  await Promise.all([client.close(), checking.close()]);
  results.push(await checkLeftovers(cluster.nodes), checkDeaths(cluster.processes));
  if (soaked !== undefined) results.push(soaked.result);
  more.push(...(soaked?.lines ?? []));
  say(`\n${report({ seed, schedule: begun, records, results, client, more })}\n`);
  const failed = results.filter(({ faults }) => faults.length > 0).length;
  if (failed > 0)
    say(
      `again: npm run chaos -- ${flags.short ? '--short' : `--minutes ${MINUTES}${flags.soak ? ' --soak' : ''}`} --seed ${seed}`,
    );
  say(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** The faults and, where Temporal's disk is to be full, that disk. */
function plan({ seed, ms, directory, special }) {
  if (flags['kill-api']) return { schedule: apiKills({ seed, ms }) };
  if (flags.soak || special !== undefined) return { schedule: [] };
  const schedule = scheduleOf({ seed, ms });
  const disk = mountDisk(join(directory, 'disk'));
  if (disk.missing !== undefined) {
    return { schedule, more: [`left out, a full disk for Temporal: ${disk.missing}`, ''] };
  }
  shutdown.addLastResort(disk.unmount);
  shutdown.add('disk', () => {
    if (flags.keep) cpSync(join(disk.directory, `${DATABASE}.log`), join(directory, 'temporal.log'));
    disk.unmount();
  });
  return { schedule: withFullDisk(schedule, { seed, ms }), disk };
}

function tell({ kind, target, ms }, at) {
  if (flags.verbose) say(`${(at / 1_000).toFixed(1).padStart(6)} s  ${kind} ${target}, ${ms} ms`);
}
