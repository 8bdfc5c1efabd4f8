// What came of each case: lines as they come, a table and the counts in the end.
import { caseName } from './matrix.mjs';

const MARKS = {
  passed: 'ok',
  failed: 'FAILED',
  skipped: 'skipped',
  pending: 'pending',
  // Of partners: a known fault of theirs; something that they do not have.
  theirs: 'theirs',
  none: '-',
};

export class Report {
  results = new Map();

  /** @param result {client, binding, version, operation, ok, detail, ms} as a client prints it */
  add({ ok, ...result }) {
    this.set({ ...result, outcome: ok ? 'passed' : 'failed' });
  }

  set(result) {
    const name = caseName(result);
    const { outcome, detail = '', ms } = result;
    this.results.set(name, result);
    const time = ms === undefined ? '' : ` (${ms} ms)`;
    process.stdout.write(`${MARKS[outcome].padEnd(7)} ${name}${time}${detail === '' ? '' : `: ${detail}`}\n`);
  }

  /** Gives every case of these runs that has no result yet this outcome. */
  rest(client, runs, outcome, detail) {
    for (const { binding, version, operations } of runs) {
      for (const operation of operations) {
        const result = { client, binding, version, operation, outcome, detail };
        if (!this.results.has(caseName(result))) this.set(result);
      }
    }
  }

  count(outcome) {
    return [...this.results.values()].filter((result) => result.outcome === outcome).length;
  }

  /** One table for the clients, one for the workers. */
  toString() {
    const results = [...this.results.values()];
    const ofWorkers = ({ client }) => client.startsWith('worker-');
    return [results.filter((each) => !ofWorkers(each)), results.filter(ofWorkers)]
      .filter((some) => some.length > 0)
      .map(table)
      .join('\n\n');
  }
}

/** Operations down, clients across. */
function table(results) {
  const columns = [...new Set(results.map(columnOf))];
  const operations = [...new Set(results.map(({ operation }) => operation))];
  const rows = operations.map((operation) => [
    operation,
    ...columns.map((column) => {
      const result = results.find((each) => each.operation === operation && columnOf(each) === column);
      return result === undefined ? '-' : MARKS[result.outcome];
    }),
  ]);
  const headers = [0, 1, 2].map((level) => ['', ...columns.map((column) => column.split(' ')[level])]);
  const all = [...headers, ...rows];
  const widths = ['', ...columns].map((_, at) => Math.max(...all.map((row) => row[at].length)));
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function columnOf({ client, version, binding }) {
  return `${client} ${version} ${binding}`;
}
