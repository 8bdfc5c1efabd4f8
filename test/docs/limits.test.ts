import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceIn, isThere } from './evidence';

const PAGE = join(__dirname, '../../docs/limits.md');
const text = readFileSync(PAGE, 'utf8');

const rows = [...text.matchAll(/^\| .* \|$/gm)]
  .map(([row]) => row)
  .filter((row) => !/ shown by \|$/.test(row));

describe('docs/limits.md', () => {
  it('has many rows', () => expect(rows.length).toBeGreaterThan(35));

  it.each(rows)('shows by a test or a benchmark that %s', (row) => {
    const cells = row.split(' | ');
    const evidence = evidenceIn(cells.at(-1) ?? '');
    expect(evidence.length).toBeGreaterThan(0);
    const missing = evidence.filter((link) => !isThere(link, PAGE));
    expect(missing).toEqual([]);
    // A file alone shows nothing in particular, unless it is a whole program.
    const vague = evidence.filter(({ path, title }) => title === '' && path.startsWith('../test/'));
    expect(vague).toEqual([]);
  });
});
