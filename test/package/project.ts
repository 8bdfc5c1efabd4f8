import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar';
import { cleanUpAfterAll } from '../support/temporal';

const run = promisify(execFile);

export const ROOT = join(__dirname, '../..');
const MODULES = join(ROOT, 'node_modules');

/** An empty project with the packed package and what its package.json names, nothing else. */
export interface Project {
  directory: string;
  /** Output of a command in the project, which may use the test run's Temporal. */
  run(command: string, args: string[]): Promise<string>;
  /** Compiles as a strict project of its own would. */
  compile(directory: string, files: string[], options?: object): Promise<void>;
}

export interface ProjectOptions {
  /** The package's directory; the repository unless set. */
  source?: string;
  /** What the package names is copied, with what that names in turn, so that nothing else of this repository is found. */
  alone?: boolean;
}

export async function makeProject({ source = ROOT, alone = false }: ProjectOptions = {}): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-a2a-package-'));
  cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
  await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: source });
  const [tarball = ''] = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
  const { name: packageName } = await manifestIn(source);
  const installed = join(directory, 'node_modules', packageName);
  await mkdir(installed, { recursive: true });
  await extract({ file: join(directory, tarball), cwd: installed, strip: 1 });
  const { dependencies, peerDependencies, peerDependenciesMeta } = await manifestIn(installed);
  const names = Object.keys({ ...dependencies, ...peerDependencies }).filter(
    (name) => peerDependenciesMeta?.[name]?.optional !== true,
  );
  if (alone) for (const name of await withDependencies(names)) await copyModule(name, directory);
  else for (const name of names) await linkModule(name, directory);
  // What the project itself would install to compile; @types/ms for the types of @temporalio/common.
  for (const name of ['@types/node', '@types/ms']) await linkModule(name, directory);
  await writeFile(join(directory, 'package.json'), '{ "name": "consumer", "private": true }');
  const runIn: Project['run'] = async (command, args) => {
    const env = { ...process.env, TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS };
    const { stdout } = await run(command, args, { cwd: directory, env }).catch((error) => {
      throw new Error(`${command} ${args.join(' ')}: ${error.stdout}${error.stderr}`, { cause: error });
    });
    return stdout;
  };
  return {
    directory,
    run: runIn,
    compile: async (folder, include, options = {}) => {
      const compilerOptions = {
        target: 'es2022',
        module: 'node20',
        types: ['node'],
        strict: true,
        rootDir: '.',
        outDir: 'lib',
        ...options,
      };
      await writeFile(
        join(directory, folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, include, exclude: [] }),
      );
      await runIn(process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', folder]);
    },
  };
}

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export async function manifestIn(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** The packages, and all that they depend on. */
async function withDependencies(names: string[]): Promise<string[]> {
  const all = new Set<string>();
  const add = async (name: string): Promise<void> => {
    if (all.has(name)) return;
    all.add(name);
    const { dependencies = {} } = await manifestIn(join(MODULES, name));
    for (const each of Object.keys(dependencies)) await add(each);
  };
  for (const name of names) await add(name);
  return [...all];
}

/** Makes a module of this repository one of the directory's. */
export async function linkModule(name: string, directory: string): Promise<void> {
  const at = join(directory, 'node_modules', name);
  await mkdir(dirname(at), { recursive: true });
  await symlink(join(MODULES, name), at);
}

/** Copies a module of this repository into the directory: another copy than what is linked. */
export async function copyModule(name: string, directory: string): Promise<void> {
  await cp(join(MODULES, name), join(directory, 'node_modules', name), { recursive: true });
}
