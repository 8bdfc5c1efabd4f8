import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/**
 * The map of src/ (ARCHITECTURE.md): what each folder, and each file that is in none, may import besides itself.
 * "(types)" allows types alone.
 */
const ALLOWED: Record<string, readonly string[]> = {
  a2a: [],
  contract: ['a2a'],
  metrics: ['config'],
  tracing: ['a2a', 'contract'],
  audit: ['metrics'],
  expressions: ['a2a'],
  outbound: ['a2a'],
  // Expressions are checked by what evaluates them.
  config: ['a2a', 'contract', 'expressions', 'outbound'],
  storage: ['a2a', 'contract', 'config (types)'],
  temporal: ['a2a', 'contract', 'config (types)', 'storage'],
  'dev-server': ['contract'],
  bridge: ['a2a', 'contract', 'temporal', 'config', 'metrics', 'outbound', 'tracing'],
  // Delivery of push notifications follows the history as the bridge does.
  activities: ['a2a', 'contract', 'temporal', 'config', 'metrics', 'outbound', 'bridge', 'tracing'],
  workflows: ['a2a', 'contract', 'expressions', 'activities (types)', 'config (types)'],
  worker: [
    'a2a',
    'contract',
    'temporal',
    'activities',
    'audit (types)',
    'bridge',
    'nexus',
    'config',
    'metrics (types)',
    'tracing',
    'workflows (types)',
  ],
  auth: ['a2a', 'contract', 'bridge', 'config', 'outbound'],
  api: ['a2a', 'contract', 'audit', 'auth', 'bridge', 'config', 'metrics', 'outbound', 'tracing'],
  grpc: ['a2a', 'contract', 'api', 'audit', 'auth', 'bridge', 'config', 'metrics', 'tracing'],
  nexus: [
    'a2a',
    'contract',
    'api',
    'audit',
    'bridge',
    'config (types)',
    'metrics',
    'temporal (types)',
    'tracing',
  ],
  client: ['a2a'],
  doctor: ['a2a', 'auth', 'contract', 'activities', 'bridge', 'config', 'outbound', 'temporal'],
  cli: [
    ...['a2a', 'contract', 'api', 'audit', 'auth', 'bridge', 'config', 'temporal', 'worker'],
    ...['dev-server', 'doctor', 'outbound', 'grpc', 'metrics', 'storage', 'tracing', 'watch-agents.ts'],
  ],
  'define-agents.ts': ['config'],
  'watch-agents.ts': ['config', 'metrics'],
  'create-bridge.ts': ['a2a', 'api', 'auth', 'bridge', 'config', 'grpc', 'metrics', 'temporal'],
  'mount-a2a.ts': ['config', 'create-bridge.ts', 'define-agents.ts'],
  // The entry points of the package.
  'cli.ts': ['cli'],
  'client.ts': ['client'],
  'activity.ts': ['a2a', 'activities'],
  'workflow.ts': ['a2a', 'contract', 'workflows'],
  'index.ts': [
    ...['a2a', 'contract', 'activities', 'api', 'auth', 'bridge', 'config', 'grpc', 'temporal', 'worker'],
    ...['create-bridge.ts', 'define-agents.ts', 'mount-a2a.ts', 'watch-agents.ts'],
    ...['audit', 'dev-server', 'nexus', 'metrics', 'storage', 'tracing'],
  ],
};

/** What these entry points, and all that they import, may import of packages: they run outside a server. */
const PACKAGES: Record<string, RegExp> = {
  'client.ts': /^(node:.*|@a2a-js\/sdk.*|eventsource-parser|zod)$/,
  'workflow.ts': /^(@temporalio\/(workflow|common).*|jsonata|nexus-rpc|re2js|uuid|zod|@a2a-js\/sdk)$/,
};

interface Import {
  file: string;
  /** Path in src/, or the name of a package. */
  target: string;
  typeOnly: boolean;
}

const SRC = resolve(__dirname, '../src');
const STATIC = /^(?:import|export) (?:(type) )?(?:[^;]*? from )?'([^']+)';/gms;
const DYNAMIC = /\b(import)\('([^']+)'\)/g;

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const known = new Set(files);
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): Import[] {
  const source = readFileSync(join(SRC, file), 'utf8');
  return [...source.matchAll(STATIC), ...source.matchAll(DYNAMIC)].map(([, type, name = '']) => ({
    file,
    target: name.startsWith('.') ? fileAt(relative(SRC, resolve(SRC, dirname(file), name))) : name,
    typeOnly: type === 'type',
  }));
}

function fileAt(path: string): string {
  const base = path.replace(/\.js$/, '');
  const found = [`${base}.ts`, join(base, 'index.ts')].find((candidate) => known.has(candidate));
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
}

/** The folder of a file; a file in none stands for itself. */
function unitOf(file: string): string {
  return file.split(sep)[0] ?? '';
}

const ownImports = (file: string) => (imports.get(file) ?? []).filter(({ target }) => known.has(target));

/** Each way that leads back to where it began. */
function circles(nodes: Iterable<string>, next: (node: string) => readonly string[]): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]) => {
    if (path.includes(node)) found.push([...path.slice(path.indexOf(node)), node]);
    if (path.includes(node) || done.has(node)) return;
    for (const each of next(node)) visit(each, [...path, node]);
    done.add(node);
  };
  for (const node of nodes) visit(node, []);
  return found;
}

describe('imports of src/', () => {
  it('are mapped for each folder and each file that is in none', () => {
    expect([...new Set(files.map(unitOf))].sort()).toEqual(Object.keys(ALLOWED).sort());
  });

  it.each(Object.keys(ALLOWED))('of %s are those of the map', (unit) => {
    const allowed = ALLOWED[unit] ?? [];
    const wrong = files
      .filter((file) => unitOf(file) === unit)
      .flatMap(ownImports)
      .filter(({ target, typeOnly }) => {
        const at = unitOf(target);
        return at !== unit && !allowed.includes(at) && !(typeOnly && allowed.includes(`${at} (types)`));
      });
    expect(wrong).toEqual([]);
  });

  it('go one way between folders', () => {
    const next = (unit: string) => (ALLOWED[unit] ?? []).map((each) => each.replace(' (types)', ''));
    expect(circles(Object.keys(ALLOWED), next)).toEqual([]);
  });

  it('go one way between files', () => {
    expect(circles(files, (file) => ownImports(file).map(({ target }) => target))).toEqual([]);
  });

  it.each(Object.keys(PACKAGES))('of %s, and of all that it imports, need no server', (entry) => {
    const reached = new Set([entry]);
    for (const file of reached) {
      for (const { target, typeOnly } of ownImports(file)) if (!typeOnly) reached.add(target);
    }
    const wrong = [...reached]
      .flatMap((file) => imports.get(file) ?? [])
      .filter(({ target, typeOnly }) => !typeOnly && !known.has(target) && !PACKAGES[entry]?.test(target));
    expect(wrong).toEqual([]);
  });
});
