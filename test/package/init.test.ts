import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runNode } from '../support/cli';
import { makeProject, type Project, ROOT } from './project';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const CLI = 'node_modules/temporal-a2a/dist/cli.js';

/** Where the packed package is; projects are made in folders of it, and find its modules. */
let outer: Project;

beforeAll(async () => {
  outer = await makeProject();
}, 180_000);

const init = (...args: string[]) => outer.run(process.execPath, [CLI, 'init', ...args]);

const read = (project: string, file: string) => readFile(join(outer.directory, project, file), 'utf8');

describe.each([
  ['esm', 'module', ['--esm']],
  ['cjs', 'commonjs', ['--cjs']],
])('init --%s', (project, type, flags) => {
  const directory = () => join(outer.directory, project);

  it('makes a project that names what it imports, and says what to do next', async () => {
    const said = await init(project, ...flags);
    expect(said).toMatch(new RegExp(`cd ${project}\n +npm install\n +npm test.*\n +npm start`));
    const files = (await readdir(directory(), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory().length + 1));
    expect(files.sort()).toEqual([
      '.gitignore',
      'README.md',
      'agents.yaml',
      'package.json',
      'src/activities.ts',
      'src/agent.test.ts',
      'src/run-worker.ts',
      'src/start.ts',
      'src/temporal.ts',
      'src/worker.ts',
      'src/workflows.ts',
      'tsconfig.json',
    ]);
    const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const manifest = JSON.parse(await read(project, 'package.json'));
    expect(manifest).toMatchObject({ name: project, type, private: true });
    expect(manifest.dependencies).toEqual({
      '@temporalio/workflow': own.peerDependencies['@temporalio/workflow'],
      'temporal-a2a': `^${own.version}`,
    });
    const sources = await Promise.all(
      files.filter((file) => file.endsWith('.ts')).map((file) => read(project, file)),
    );
    const imported = sources.flatMap((text) =>
      [...text.matchAll(/ from '([^'.]+)'/g)].map(([, name]) => name),
    );
    const packages = imported.filter((name) => !name?.startsWith('node:'));
    expect([...new Set(packages.map((name) => name?.replace(/^(temporal-a2a)\/.*/, '$1')))].sort()).toEqual(
      Object.keys(manifest.dependencies).sort(),
    );
    const readme = await read(project, 'README.md');
    for (const [, name = ''] of readme.matchAll(/`npm run (\w+)`/g))
      expect(manifest.scripts).toHaveProperty(name);
    for (const [, file = ''] of readme.matchAll(/`(src\/[^`]+)`/g)) expect(files).toContain(file);
  });

  it('whose file of agents is right', async () => {
    expect(await outer.run(process.execPath, [CLI, 'agents', 'check', `${project}/agents.yaml`])).toContain(
      '1 agent, nothing wrong: greeter',
    );
  });

  it('which compiles, and passes its own tests', async () => {
    await outer.run(process.execPath, [TSC, '-p', project]);
    const tests = promisify(execFile)(process.execPath, ['--test', 'lib/agent.test.js'], {
      cwd: directory(),
      maxBuffer: 16_000_000,
      env: { ...process.env, NODE_OPTIONS: '', TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS },
    });
    const { stdout } = await tests.catch((error) => {
      throw new Error(`${error.stdout}${error.stderr}`);
    });
    expect(stdout).toMatch(/^# pass 2$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  }, 300_000);
});

it('a project of init starts Temporal, its worker and the API in one process', async () => {
  const program = runNode(['lib/start.js'], { PORT: '0' }, join(outer.directory, 'esm'));
  const [, url = ''] = await program.printed(/The agent greeter is at (\S+)/, 180_000);
  await program.printed(/state: 'RUNNING'/, 90_000);
  const response = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'A2A-Version': '1.0' },
    body: JSON.stringify({
      message: { messageId: 'hello', role: 'ROLE_USER', parts: [{ text: 'Hello!' }] },
    }),
  });
  expect(await response.json()).toMatchObject({
    task: {
      status: { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: 'What is your name?' }] } },
    },
  });
  expect(await program.end('SIGINT')).toBe(0);
}, 300_000);

describe('init refuses', () => {
  it('a directory that holds something, and leaves it as it is', async () => {
    const full = join(outer.directory, 'full');
    await mkdir(join(full, '.git'), { recursive: true });
    for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(full, name), name);
    await expect(init('full', '--cjs')).rejects.toThrow(
      /full is not empty \(a, b, c, and 1 more\); name a directory that is empty or new/,
    );
    expect((await readdir(full)).sort()).toEqual(['.git', 'a', 'b', 'c', 'd']);
  });

  it('a file', async () => {
    await writeFile(join(outer.directory, 'file'), '');
    await expect(init('file', '--esm')).rejects.toThrow(
      'file is a file; name a directory that is empty or new',
    );
  });

  it('to make both kinds', async () => {
    await expect(init('both', '--esm', '--cjs')).rejects.toThrow(
      "option '--esm' cannot be used with option '--cjs'",
    );
  });
});

it('init goes into a directory that git has made, and makes a name that npm takes', async () => {
  await mkdir(join(outer.directory, 'My Agent!/.git'), { recursive: true });
  await init('My Agent!');
  expect(JSON.parse(await read('My Agent!', 'package.json'))).toMatchObject({
    name: 'my-agent',
    type: 'module',
  });
});

it('init --help has examples', async () => {
  expect(await init('--help')).toContain('temporal-a2a init my-agent');
});
