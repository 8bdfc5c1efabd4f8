import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

it('ARCHITECTURE.md names files that exist', () => {
  const named = [...text.matchAll(/`((?:src|test|scripts|docs|examples|interop|bench|chaos)\/[^`\s]*)`/g)];
  const paths = named.map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

it('ARCHITECTURE.md has each folder and each file of src/', () => {
  const names = readdirSync(join(root, 'src'), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `| \`src/${entry.name}\` |` : `\`${entry.name}\``,
  );
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});
