// Runs the official A2A clients that are not JavaScript against a real process of the bridge, and Temporal workers that
// are not JavaScript behind one:
//   npm run interop [-- words]      as in: npm run interop -- go GRPC, or: npm run interop -- subscribe -curl
// With --skip-unavailable, those whose SDKs cannot be downloaded are skipped instead of failed; with --full, the workers
// run the long cases too. Each case is one operation of one client over one binding in one version, or what one
// worker does, over all operations (workers/cases.mjs). Ends with tables and
// "N passed, N failed"; exit code 1 when a case has failed or could not be tried, 2 when nothing could run.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { CLIENTS, NotHere, NotInstalled } from './lib/clients.mjs';
import { inParallel } from './lib/in-parallel.mjs';
import { filtered, MATRIX, RESTARTS } from './lib/matrix.mjs';
import { logger, runProgram, shutdown } from './lib/program.mjs';
import { startReceiver } from './lib/receiver.mjs';
import { Report } from './lib/report.mjs';
import { runClient } from './lib/run-client.mjs';
import { startBridge } from './lib/server.mjs';
import { workersMatrix } from './workers/matrix.mjs';
import { WORKERS } from './workers/programs.mjs';
import { runWorkers } from './workers/run.mjs';

const require = createRequire(import.meta.url);
const { startDevServer } = require('../dist/dev-server/dev-server.js');

/** Client programs at once: most of their time they wait for an answer. */
const CLIENTS_AT_ONCE = 3;

/** Whatever hangs, nothing goes on after this. */
const ALL_MS = 50 * 60_000;

/** A registry that cannot be reached is no fault of the bridge: its clients are skipped, not failed. */
const SKIP_UNAVAILABLE = '--skip-unavailable';
const FULL = '--full';

const words = process.argv.slice(2).filter((word) => word !== SKIP_UNAVAILABLE && word !== FULL);
const skipped = process.argv.includes(SKIP_UNAVAILABLE) ? [NotHere, NotInstalled] : [NotHere];
await runProgram(main, ALL_MS);

async function main() {
  const matrix = filtered(MATRIX, words);
  const restarts = filtered(RESTARTS, words);
  const workers = filtered(workersMatrix(process.argv.includes(FULL)), words);
  const clients = Object.keys(CLIENTS).filter((client) => client in matrix || client in restarts);
  if (clients.length + Object.keys(workers).length === 0) {
    throw new Error(`no case has ${words.join(' and ')} in its name`);
  }
  const report = new Report();
  const makers = { ...CLIENTS, ...WORKERS };
  const [made, temporal] = await Promise.all([
    makePrograms(makers, [...clients, ...Object.keys(workers)], report, [matrix, restarts, workers]),
    startTemporal(),
  ]);
  const programs = made.filter(([client]) => client in CLIENTS);
  const workerPrograms = made.filter(([client]) => client in WORKERS);

  const [key, otherKey] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  let bridge;
  const receiver = await startReceiver({ restart: () => bridge?.restart() });
  shutdown.add('receiver', () => receiver.close());
  if (workerPrograms.length > 0) {
    await runWorkers({
      programs: workerPrograms,
      matrix: workers,
      temporalAddress: temporal.address,
      receiver,
      report,
      shutdown,
    });
  }
  if (programs.length > 0) {
    bridge = await startBridge({
      temporalAddress: temporal.address,
      env: { INTEROP_KEY: key, INTEROP_OTHER_KEY: otherKey },
      signal: shutdown.signal,
    });
    shutdown.add('bridge', () => bridge.stop());
    shutdown.addLastResort(() => bridge.kill());

    const config = { url: bridge.url, hooks: receiver.url, key, otherKey, temporal: temporal.address };
    const runAll = (runs, atOnce) =>
      inParallel(atOnce, programs, async ([client, program]) => {
        if (client in runs) await runClient(program, { ...config, client, runs: runs[client] }, report);
      });
    await runAll(matrix, CLIENTS_AT_ONCE);
    await runAll(restarts, 1);
  }

  const failed = report.count('failed');
  if (failed > 0 && bridge !== undefined)
    process.stdout.write(`\nThe end of the server's log:\n${bridge.log}\n`);
  process.stdout.write(`\n${report}\n\n`);
  if (report.count('pending') > 0) process.stdout.write(`${report.count('pending')} pending\n`);
  if (report.count('skipped') > 0) process.stdout.write(`${report.count('skipped')} skipped\n`);
  process.stdout.write(`${report.count('passed')} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}

/**
 * Skips a client whose language is not here; one that could not be made has failed, unless that is to be skipped.
 * Those of one language share environments and caches, and are made one after the other.
 */
async function makePrograms(makers, clients, report, matrices) {
  const options = { env: process.env, signal: shutdown.signal, log: (line) => logger.info(line) };
  const made = new Map();
  const make = async (client) => {
    try {
      made.set(client, await makers[client](options));
    } catch (error) {
      shutdown.signal.throwIfAborted();
      const outcome = skipped.some((kind) => error instanceof kind) ? 'skipped' : 'failed';
      for (const matrix of matrices) report.rest(client, matrix[client] ?? [], outcome, error.message);
    }
  };
  const ofLanguage = (language) => clients.filter((client) => languageIn(client) === language);
  const languages = [...new Set(clients.map(languageIn))];
  await Promise.all(languages.map((language) => inParallel(1, ofLanguage(language), make)));
  return clients.filter((client) => made.has(client)).map((client) => [client, made.get(client)]);
}

function languageIn(client) {
  return /python|go|java/.exec(client)?.[0] ?? client;
}

async function startTemporal() {
  const server = await startDevServer({
    onProgress: (line) => logger.info(line),
    dynamicConfig: { 'frontend.WorkflowPauseEnabled': true },
    signal: shutdown.signal,
  });
  shutdown.add('temporal', () => server.stop());
  shutdown.addLastResort(() => server.kill());
  return server;
}
