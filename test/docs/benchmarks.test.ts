import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const CASES = join(ROOT, 'bench/cases');

/** What `npm run bench -- --only` takes. */
const parts = readdirSync(CASES).flatMap((file) =>
  [...readFileSync(join(CASES, file), 'utf8').matchAll(/^export const \w+ = \{\n {2}name: '([^']+)'/gm)].map(
    ([, name = '']) => name,
  ),
);

it('docs/benchmarks.md says of each row which part measures it, and leaves out no part', () => {
  const page = readFileSync(join(ROOT, 'docs/benchmarks.md'), 'utf8');
  const rows = page.split('| row | `--only` |')[1]?.split('\n\n')[0]?.split('\n').slice(2) ?? [];
  const told = rows.map((row) => row.split(' | ')[1]?.match(/[\w-]+/g) ?? []);
  expect(told.every((names) => names.length > 0)).toBe(true);
  expect([...new Set(told.flat())].sort()).toEqual([...parts].sort());
});
