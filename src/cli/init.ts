import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';

/** How the files of a project import each other. */
export type Modules = 'esm' | 'cjs';

/** What `init` is asked for. */
export interface InitOptions {
  /** Made unless it is there; must be empty, but for what git keeps. */
  directory: string;
  modules: Modules;
}

interface Manifest {
  version: string;
  engines: Record<string, string>;
  peerDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const PACKAGE = join(__dirname, '../..');
const TEMPLATES = join(PACKAGE, 'templates');

/**
 * `init`: writes a project with one agent, its worker and its tests. Says what to do next.
 * @throws an Error when the directory is a file, or holds something already
 */
export async function initProject({ directory, modules }: InitOptions): Promise<string> {
  const path = resolve(directory);
  await requireEmpty(path, directory);
  await mkdir(path, { recursive: true });
  for (const template of ['project', modules]) {
    await cp(join(TEMPLATES, template), path, { recursive: true });
  }
  // npm packs no file named .gitignore.
  await rename(join(path, 'gitignore'), join(path, '.gitignore'));
  const own = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as Manifest;
  await writeFile(join(path, 'package.json'), `${JSON.stringify(manifest(path, modules, own), null, 2)}\n`);
  return nextSteps(directory, modules);
}

async function requireEmpty(path: string, named: string): Promise<void> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR')
      throw new Error(`${named} is a file; name a directory that is empty or new`);
    throw error;
  });
  const found = names.filter((name) => name !== '.git').sort();
  if (found.length === 0) return;
  const rest = found.length > 3 ? `, and ${found.length - 3} more` : '';
  throw new Error(
    `${named} is not empty (${found.slice(0, 3).join(', ')}${rest}); name a directory that is empty or new, ` +
      'as in: temporal-a2a init my-agent',
  );
}

function manifest(path: string, modules: Modules, own: Manifest): object {
  return {
    name: packageName(basename(path)),
    version: '0.1.0',
    private: true,
    type: modules === 'esm' ? 'module' : 'commonjs',
    engines: { node: own.engines.node },
    scripts: {
      build: 'tsc',
      start: 'tsc && node lib/start.js',
      worker: 'tsc && node lib/run-worker.js',
      api: 'temporal-a2a api',
      test: 'tsc && node --test lib/*.test.js',
    },
    dependencies: {
      '@temporalio/workflow': own.peerDependencies['@temporalio/workflow'],
      'temporal-a2a': `^${own.version}`,
    },
    devDependencies: {
      '@types/node': own.devDependencies['@types/node'],
      typescript: own.devDependencies.typescript,
    },
  };
}

/** What npm takes for a name. */
function packageName(directory: string): string {
  const name = directory
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'agent' : name;
}

function nextSteps(directory: string, modules: Modules): string {
  const kind = modules === 'esm' ? 'ES modules' : 'CommonJS';
  const enter = resolve(directory) === process.cwd() ? '' : `  cd ${directory}\n`;
  return `An agent in TypeScript (${kind}) is in ${directory}. Next:

${enter}  npm install
  npm test     the agent's tests, with a Temporal server of their own
  npm start    Temporal, the worker and the API: http://127.0.0.1:4000/a2a/greeter

README.md says how to call it, and which file is what.
`;
}

/** Asks on the terminal. */
export async function askForModules(): Promise<Modules> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = (await prompt.question('ES modules or CommonJS? [esm/cjs, default esm] '))
        .trim()
        .toLowerCase();
      if (answer === '') return 'esm';
      if (answer === 'esm' || answer === 'cjs') return answer;
    }
  } finally {
    prompt.close();
  }
}
