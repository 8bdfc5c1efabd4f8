import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, type MetricRow } from '../../src/metrics/table';

const page = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');

/** The table of docs/operations.md, as the code has it. */
function metricsTable(): string {
  const rows = (Object.entries(METRICS) as [string, MetricRow][]).map(([name, row]) => {
    const labels = row.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${row.kind} | ${row.of} | ${labels} | ${row.help} |`;
  });
  return ['| metric | kind | of | labels | what it tells |', '|---|---|---|---|---|', ...rows].join('\n');
}

it('docs/operations.md has every metric', () => {
  const found = /^\| metric \|.*\n(?:\|.*\n)+/m.exec(page)?.[0].trimEnd();
  expect(found).toBe(metricsTable());
});
