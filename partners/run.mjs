// Runs the bridge with the agents, clients and checkers of others, each in the version that its folder pins:
//   npm run partners -- --help
// Ends with the tables and "N passed, N failed".
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { NotHere, NotInstalled } from '../interop/lib/clients.mjs';
import { parseOptions } from '../interop/lib/options.mjs';
import { logger, runProgram, shutdown } from '../interop/lib/program.mjs';
import { Report } from '../interop/lib/report.mjs';
import { startBridge } from '../interop/lib/server.mjs';
import { startFakeModel } from './lib/fake-model.mjs';
import { toMarkdown, writePage } from './lib/page.mjs';
import { programOf } from './lib/programs.mjs';
import { readTables } from './lib/tables.mjs';

const require = createRequire(import.meta.url);
const { startDevServer } = require('../dist/dev-server/dev-server.js');

const HELP = `npm run partners -- [options]

Runs the bridge with the agents, clients and checkers of others, each in the version that its folder pins.

  --only <names>      partners (names of their folders, as agno or servers/agno) and tables (servers, clients, checkers)
  --short             those that are quick to install
  --case <names>      only these cases, such as send,stream
  --skip-unavailable  what cannot be installed here is skipped instead of failed
  --write             puts the tables into docs/partners.md
  --verbose           shows what went over the wire in the cases that failed

Ends with 1 when a case has failed, with 2 when nothing could run.
`;

/** Whatever hangs, nothing goes on after this; the first run installs everything. */
const ALL_MS = 3 * 60 * 60_000;

const flags = parseOptions({
  only: { type: 'string' },
  short: { type: 'boolean' },
  case: { type: 'string' },
  'skip-unavailable': { type: 'boolean' },
  write: { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean' },
});
if (flags.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
await runProgram(main, ALL_MS);

async function main() {
  const tables = wanted(await readTables());
  const report = new Report();
  const ready = await prepare(tables, report);

  if (ready.length > 0) {
    const model = await startFakeModel();
    shutdown.add('model', () => model.close());
    const bridge = await startBridgeFor(ready);
    const { signal } = shutdown;
    const context = {
      bridgeUrl: bridge.url,
      grpcAddress: bridge.grpc,
      model,
      signal,
      verbose: flags.verbose,
    };
    for (const { table, partner, place, names } of ready) {
      const tell = (name, outcome, detail, ms) =>
        report.set({ ...nameOf(table, partner, name), outcome, detail: detail || undefined, ms });
      try {
        await table.run(partner, place, names, { ...context, report: tell });
      } catch (error) {
        signal.throwIfAborted();
        report.rest(partner.id, [runOf(table, partner, names)], 'failed', error.message);
      }
    }
    if (report.count('failed') > 0) process.stdout.write(`\nThe end of the bridge's log:\n${bridge.log}\n`);
  }
  print(tables, report);
  return report.count('failed') > 0 ? 1 : 0;
}

/** The tables, with the partners and cases that are asked for. */
function wanted(tables) {
  const only = flags.only?.split(',');
  const cases = flags.case?.split(',');
  const some = tables
    .map((table) => ({
      ...table,
      running: table.partners.filter(
        ({ id, short }) =>
          (only === undefined || [id, table.id, `${table.id}/${id}`].some((name) => only.includes(name))) &&
          (short || !flags.short),
      ),
      names: table.cases.filter((name) => cases === undefined || cases.includes(name)),
    }))
    .filter(({ running, names }) => running.length > 0 && names.length > 0);
  if (some.length === 0)
    throw new Error(`no partner or no case is called so: ${process.argv.slice(2).join(' ')}`);
  return some;
}

/** Installs the partners, one at a time; one that cannot be had is skipped or has failed. */
async function prepare(tables, report) {
  const { signal } = shutdown;
  const options = { env: process.env, signal, log: (line) => logger.info(line) };
  const ready = [];
  for (const table of tables) {
    for (const known of table.running) {
      const { short } = known;
      const names = table.names.filter((name) => !flags.short || short === true || short.includes(name));
      try {
        const program = await programOf(known.folder, table.program, options);
        const partner = { ...known, program };
        ready.push({ table, partner, names, place: await table.prepare?.(partner) });
      } catch (error) {
        signal.throwIfAborted();
        const unavailable = error instanceof NotHere || error instanceof NotInstalled;
        const outcome = unavailable && flags['skip-unavailable'] ? 'skipped' : 'failed';
        report.rest(known.id, [runOf(table, known, names)], outcome, `unavailable: ${error.message}`);
      }
    }
  }
  return ready;
}

/** A bridge with the agents of interop/agents.yaml, and those that the partners need. */
async function startBridgeFor(ready) {
  const { signal } = shutdown;
  const temporal = await startDevServer({ onProgress: (line) => logger.info(line), signal });
  shutdown.add('temporal', () => temporal.stop());
  shutdown.addLastResort(() => temporal.kill());

  const { agents } = parse(await readFile(new URL('../interop/agents.yaml', import.meta.url), 'utf8'));
  const own = agents.filter(({ authentication }) => authentication === undefined);
  const directory = await mkdtemp(join(tmpdir(), 'a2a-partners-'));
  shutdown.add('agents file', () => rm(directory, { recursive: true, force: true }));
  const agentsFile = join(directory, 'agents.yaml');
  const more = ready.flatMap(({ place }) => place?.agents ?? []);
  await writeFile(agentsFile, JSON.stringify({ agents: [...own, ...more] }));

  const bridge = await startBridge({
    temporalAddress: temporal.address,
    // As out of the box: clients of 1.0 that check the URLs of a card refuse `host:port`.
    env: { AGENTS_FILE: agentsFile, PUBLIC_GRPC_URL: '' },
    signal,
  });
  shutdown.add('bridge', () => bridge.stop());
  shutdown.addLastResort(() => bridge.kill());
  return bridge;
}

function nameOf(table, { id, version }, operation) {
  return { client: id, version, binding: table.id, operation };
}

function runOf(table, { version }, operations) {
  return { version, binding: table.id, operations };
}

function print(tables, report) {
  for (const table of tables) {
    const results = new Map();
    for (const { client, binding, operation, ...result } of report.results.values()) {
      if (binding !== table.id) continue;
      results.set(client, { ...results.get(client), [operation]: result });
    }
    if (flags.write) writePage(table, results);
    process.stdout.write(`\n${table.title}\n\n${toMarkdown(table, results)}\n`);
  }
  for (const outcome of ['skipped', 'theirs']) {
    if (report.count(outcome) > 0) process.stdout.write(`\n${report.count(outcome)} ${outcome}\n`);
  }
  process.stdout.write(`\n${report.count('passed')} passed, ${report.count('failed')} failed\n`);
}
