import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Which folders of src/ a folder may import, besides itself (docs/contract.md tells of the sandbox). */
const ALLOWED: Record<string, readonly string[]> = {
  a2a: [],
  contract: ['a2a'],
  expressions: ['a2a'],
  // Expressions are checked by what evaluates them.
  config: ['a2a', 'contract', 'expressions', 'outbound'],
  temporal: ['a2a', 'contract', 'config (types)'],
  worker: ['a2a', 'contract', 'activities', 'config (types)'],
  'dev-server': ['contract'],
  outbound: ['a2a'],
  // What workflows take from temporal/ must run in the sandbox; the bundler sees to that.
  workflows: ['a2a', 'contract', 'expressions', 'activities (types)', 'config (types)'],
  activities: ['a2a', 'contract', 'temporal', 'config', 'outbound', 'bridge'],
  auth: ['a2a', 'contract', 'bridge', 'config', 'outbound'],
  // For scripts: nothing of Temporal, and no server.
  client: ['a2a'],
  bridge: ['a2a', 'contract', 'temporal', 'config', 'outbound'],
  api: ['a2a', 'contract', 'auth', 'bridge', 'config', 'outbound'],
  grpc: ['a2a', 'contract', 'api', 'auth', 'bridge', 'config'],
  cli: [
    'a2a',
    'contract',
    'api',
    'auth',
    'bridge',
    'config',
    'temporal',
    'worker',
    'dev-server',
    'outbound',
    'grpc',
  ],
};

const SRC = resolve(__dirname, '../src');
const IMPORT = /^(?:import|export) (type )?[^;]*?from '(\.[^']*)';/gms;

function importsOf(folder: string): { file: string; target: string; typeOnly: boolean }[] {
  return readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = join(SRC, folder, name);
      return [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, type, path]) => ({
        file: relative(SRC, file),
        target: relative(SRC, resolve(dirname(file), String(path))).split(sep)[0] ?? '',
        typeOnly: type !== undefined,
      }));
    });
}

describe('imports point one way', () => {
  const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());

  it.each(folders.map(({ name }) => name))('src/%s', (folder) => {
    const allowed = ALLOWED[folder] ?? [];
    const wrong = importsOf(folder).filter(
      ({ target, typeOnly }) =>
        target !== folder &&
        !allowed.includes(target) &&
        !(typeOnly && allowed.includes(`${target} (types)`)),
    );
    expect(wrong).toEqual([]);
  });
});
