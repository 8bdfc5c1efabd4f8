import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceIn, isThere } from './evidence';

const PAGE = join(__dirname, '../../docs/comparison.md');
const text = readFileSync(PAGE, 'utf8');

const links = evidenceIn(text);

describe('docs/comparison.md', () => {
  it('links to tests and benchmarks that are there', () => {
    const ours = links.filter(({ path }) => !/^\w+:/.test(path));
    expect(ours.length).toBeGreaterThan(40);
    expect(ours.filter((link) => !isThere(link, PAGE))).toEqual([]);
  });

  it('names one version of what it says of others', () => {
    const commits = links.flatMap(({ path }) => /\/(?:blob|tree)\/([^/]+)\//.exec(path)?.[1] ?? []);
    expect(commits.length).toBeGreaterThan(3);
    expect(commits.filter((commit) => !/^[0-9a-f]{40}$/.test(commit))).toEqual([]);
  });
});
