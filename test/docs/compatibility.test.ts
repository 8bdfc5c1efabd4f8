import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { evidenceIn, isThere } from './evidence';

interface InteropRun {
  binding: string;
  version: string;
  operations: string[];
}

const { caseName, MATRIX, RESTARTS } = jest.requireActual('../../interop/lib/matrix.mjs') as {
  caseName: (parts: object) => string;
  MATRIX: Record<string, InteropRun[]>;
  RESTARTS: Record<string, InteropRun[]>;
};

const { bindingsTable, workersTable } = jest.requireActual('../../interop/workers/table.mjs') as {
  bindingsTable: () => string;
  workersTable: () => string;
};

const ROOT = resolve(__dirname, '../..');
const PAGE = join(ROOT, 'docs/compatibility.md');
const text = readFileSync(PAGE, 'utf8');

/** `client version binding operation` of every case in these. */
const namesIn = (...matrices: Record<string, InteropRun[]>[]) =>
  matrices.flatMap((matrix) =>
    Object.entries(matrix).flatMap(([client, runs]) =>
      runs.flatMap(({ binding, version, operations }) =>
        operations.map((operation) => caseName({ client, binding, version, operation })),
      ),
    ),
  );

const links = evidenceIn(text);

/** The rows of each table, the first with the heads of the columns. */
const tables = [...text.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) =>
  table
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('|---'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\||\|$/g, '').trim())),
);
const [[head = [], ...rows] = []] = tables;
const CASE_LINK = /\[[^\]]+\]\(\.\.\/interop\/[^\s)]+ "(?<name>[^"]+)"\)/g;

describe('docs/compatibility.md', () => {
  it('has tables with links in them', () => {
    expect(tables).toHaveLength(3);
    expect(head).toHaveLength(8);
    expect(rows.length).toBeGreaterThan(12);
    expect(links.length).toBeGreaterThan(200);
    for (const row of rows) expect(row).toHaveLength(head.length);
  });

  it('names files that are there', () => {
    const missing = links.filter(({ path }) => !readable(path));
    expect(missing).toEqual([]);
  });

  it('names tests that are in those files', () => {
    const missing = links.filter((link) => link.path.startsWith('../test/') && !isThere(link, PAGE));
    expect(missing).toEqual([]);
  });

  it('names every case of the interop run, in its column, and no other', () => {
    const named = rows.flatMap((row) =>
      row.flatMap((cell, at) =>
        [...cell.matchAll(CASE_LINK)].map(({ groups }) => {
          const name = groups?.name ?? '';
          const [, version, binding] = name.split(' ');
          expect(head[at]).toBe(
            `${version} ${{ JSONRPC: 'JSON-RPC', GRPC: 'gRPC' }[binding ?? ''] ?? binding}`,
          );
          return name;
        }),
      ),
    );
    expect(named.toSorted()).toEqual(namesIn(MATRIX, RESTARTS).toSorted());
  });

  it('has the tables of the workers as node interop/workers/table.mjs writes them', () => {
    for (const table of [workersTable(), bindingsTable()]) expect(text).toContain(`\n\n${table}\n`);
  });

  it('leaves no operation of A2A without a test', () => {
    // Below are credentials, and what needs one test only.
    const operations = rows.slice(
      0,
      rows.findIndex(([name]) => name?.startsWith('API key')),
    );
    expect(operations.length).toBeGreaterThan(10);
    const bare = operations.filter((row) => row.slice(1).some((cell) => !/\]\(|^none$/.test(cell)));
    expect(bare.map(([name]) => name)).toEqual([]);
  });
});

function readable(path: string): boolean {
  try {
    return readFileSync(resolve(dirname(PAGE), path), 'utf8') !== '';
  } catch {
    // A folder is there too, but names no test.
    return false;
  }
}
