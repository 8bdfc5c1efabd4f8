import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar';
import type { Task } from '../../src';
import { runNode } from '../support/cli';

const run = promisify(execFile);
const root = join(__dirname, '../..');
const modules = join(root, 'node_modules');

/** An empty project with the packed package and what its package.json names as dependencies, nothing else. */
let project = '';

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'temporal-a2a-package-'));
  await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: root });
  const [tarball = ''] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  const installed = join(project, 'node_modules/temporal-a2a');
  await mkdir(installed, { recursive: true });
  await extract({ file: join(project, tarball), cwd: installed, strip: 1 });
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  // What the project itself would install to compile and to write Express servers.
  for (const name of [...Object.keys(dependencies), '@types/node']) await link(name);
  await writeFile(join(project, 'package.json'), '{ "name": "consumer", "private": true }');
  await cp(join(__dirname, 'consumer'), project, { recursive: true });
  for (const example of ['greeter', 'call-from-workflow', 'chain']) {
    await cp(join(root, 'examples', example), join(project, example), {
      recursive: true,
      filter: (from) => !from.endsWith('/lib'),
    });
  }
}, 180_000);

afterAll(() => rm(project, { recursive: true, force: true }));

async function link(name: string): Promise<void> {
  const at = join(project, 'node_modules', name);
  await mkdir(dirname(at), { recursive: true });
  await symlink(join(modules, name), at);
}

/** Output of a command in the project, which may use the test run's Temporal. */
async function inProject(command: string, args: string[]): Promise<string> {
  const env = { ...process.env, TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS };
  const { stdout } = await run(command, args, { cwd: project, env }).catch((error) => {
    throw new Error(`${command} ${args.join(' ')}: ${error.stdout}${error.stderr}`, { cause: error });
  });
  return stdout;
}

/** Compiles as a strict project of its own would. */
async function compile(directory: string, include: string): Promise<void> {
  const compilerOptions = {
    target: 'es2022',
    module: 'node20',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    rootDir: '.',
    outDir: 'lib',
  };
  const config = JSON.stringify({ compilerOptions, include: [include] });
  await writeFile(join(project, directory, 'tsconfig.json'), config);
  const tsc = join(modules, 'typescript/bin/tsc');
  await inProject(process.execPath, [tsc, '-p', directory]);
}

it('holds what it needs and nothing else', async () => {
  const installed = join(project, 'node_modules/temporal-a2a');
  const files = (await readdir(installed, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  expect(files).toEqual(expect.arrayContaining(['dist/cli.js', 'dist/workflow-bundle.js', 'agents.yaml']));
  const allowed =
    /^(dist\/.+\.(js|d\.ts)|agents\.yaml|agents\.schema\.json|package\.json|README\.md|LICENSE)$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
});

it('type-checks in a strict project: all entry points', async () => {
  await compile('.', 'all-entry-points.ts');
}, 60_000);

it('is required from CommonJS, and runs the built-in agents', async () => {
  const { task } = JSON.parse(await inProject(process.execPath, ['run.cjs', randomUUID()])) as { task: Task };
  expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  expect(task.artifacts?.[0]?.parts).toEqual([{ text: 'from cjs' }]);
}, 60_000);

it('is imported from ES modules, and runs an agent of the project: the greeter of the examples', async () => {
  await compile('greeter', '*.ts');
  const { task } = JSON.parse(await inProject(process.execPath, ['run.mjs', randomUUID()])) as { task: Task };
  expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  const artifacts = Object.fromEntries(task.artifacts?.map(({ name, parts }) => [name, parts]) ?? []);
  expect(artifacts.poem?.[0]?.text).toContain('Roses are red, Ada,\nviolets are blue,');
  expect(artifacts.greeting).toEqual([{ text: 'Hello, Ada!' }, { data: { name: 'Ada', lines: 4 } }]);
}, 90_000);

it.each([
  ['call-from-workflow', 'main.js', { AGENTS_FILE: join(root, 'agents.yaml') }],
  ['chain', 'worker.js', { AGENTS_FILE: join(root, 'examples/chain/agents.yaml') }],
])(
  'runs the worker of examples/%s',
  async (example, program, env) => {
    await compile(example, '*.ts');
    const worker = runNode([join(project, example, 'lib', program)], {
      ...env,
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
    });
    await worker.printed(/state: 'RUNNING'/);
    await worker.end('SIGKILL');
  },
  90_000,
);

it('brings its command line', async () => {
  const help = await inProject(process.execPath, ['node_modules/temporal-a2a/dist/cli.js', '--help']);
  expect(help).toContain('Serves Temporal workflows as A2A agents');
});
