import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import temporalClis from '../../dist/dev-server/temporal-cli.js';

const require = createRequire(import.meta.url);

/** What the figures were taken on. */
export async function machine() {
  const [cpu] = cpus();
  const { path } = await temporalClis.findTemporalCli();
  return {
    cpu: `${cpus().length} x ${cpu?.model ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 1e9),
    os: `${type()} ${release()}`,
    load: loadavg().map((load) => Number(load.toFixed(2))),
    node: process.version,
    temporalCli: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(),
    temporalSdk: version('@temporalio/client'),
    workflowStreams: version('@temporalio/workflow-streams'),
    temporalA2a: version('../..'),
    commit: commit(),
  };
}

function version(name) {
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version;
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

const COLUMNS = ['row', 'what', 'bridge', 'against', '', 'ratio', 'quartiles', 'goal', ''];

/** The rows as a table that is good Markdown too. */
export function table(rows) {
  const cells = rows.map((row) => [
    row.name,
    row.what,
    row.bridge === undefined ? '' : figure(row.bridge, row.unit),
    row.against ?? '',
    row.plain === undefined ? '' : figure(row.plain, row.unit),
    row.ratio === undefined ? '' : row.ratio.median.toFixed(2),
    row.ratio === undefined || row.ratio.rounds < 2
      ? ''
      : `${row.ratio.q1.toFixed(2)}-${row.ratio.q3.toFixed(2)}`,
    goalText(row.goal),
    verdict(row),
  ]);
  const all = [COLUMNS, ...cells];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const line = (values) => `| ${values.map((value, column) => value.padEnd(widths[column])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const notes = rows.flatMap((row) => {
    const note = row.skipped ?? row.failed ?? row.note;
    return note === undefined ? [] : [`- ${row.name}, ${row.what}: ${note}`];
  });
  return [line(COLUMNS), rule, ...cells.map(line), '', ...notes].join('\n');
}

function verdict({ skipped, failed, pass }) {
  if (failed !== undefined) return 'FAILED';
  if (skipped !== undefined) return 'skipped';
  if (pass === undefined) return 'reported';
  return pass ? 'pass' : 'MISS';
}

function figure(value, unit) {
  const digits = Number.isInteger(value) ? 0 : 1;
  return unit ? `${value.toFixed(1)} ${unit}` : value.toFixed(digits);
}

function goalText({ most, least } = {}) {
  if (most !== undefined && most === least) return `= ${most}`;
  if (most !== undefined) return `<= ${most}`;
  return least === undefined ? '' : `>= ${least}`;
}
