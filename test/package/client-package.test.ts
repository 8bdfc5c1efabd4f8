import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Harness, startHarness } from '../support/harness';
import { makeProject, manifestIn, type Project, ROOT } from './project';

const NAME = 'temporal-a2a-client';
const SOURCE = join(ROOT, 'packages/client');

let harness: Harness;
let project: Project;
let installed: string;

beforeAll(async () => {
  [harness, project] = await Promise.all([
    startHarness({ agents: [{ id: 'echo' }], app: true }),
    makeProject({ source: SOURCE, alone: true }),
  ]);
  installed = join(project.directory, 'node_modules', NAME);
}, 180_000);

async function files(): Promise<string[]> {
  return (await readdir(installed, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
}

it('has the version and the dependencies of temporal-a2a, as few as its files import', async () => {
  const whole = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const own = JSON.parse(await readFile(join(SOURCE, 'package.json'), 'utf8'));
  expect(own).toMatchObject({ version: whole.version, engines: whole.engines, license: whole.license });
  expect(whole.dependencies).toMatchObject(own.dependencies);
  expect(await manifestIn(installed)).not.toHaveProperty('peerDependencies');

  const imported = new Set<string>();
  for (const file of (await files()).filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const text = await readFile(join(installed, file), 'utf8');
    for (const [, name = ''] of text.matchAll(
      /(?:require\(|\bimport\(|\bfrom |^import )["']([^"'\n]+)["']/gm,
    )) {
      if (!name.startsWith('.') && !name.startsWith('node:')) imported.add(packageOf(name));
    }
  }
  expect([...imported].sort()).toEqual(Object.keys(own.dependencies).sort());
});

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

it('holds what it needs and nothing else', async () => {
  const all = await files();
  expect(all).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/client.d.ts']));
  const allowed = /^(dist\/(client|client\/.+|a2a\/.+)\.(js|d\.ts)|LICENSE|README\.md|package\.json)$/;
  expect(all.filter((file) => !allowed.test(file))).toEqual([]);
});

const CALLS = `
  const [url] = process.argv.slice(2);
  const message = { role: 'user', parts: [{ type: 'text', text: 'streamed' }] };
  const said = [await callAgent(url, 'called')];
  for await (const task of new A2AClient(url).stream(message)) said.push(task.status.state);
  console.log(JSON.stringify(said));`;

it.each([
  [
    'CommonJS',
    'calls.cjs',
    `const { A2AClient, callAgent } = require('${NAME}'); (async () => {${CALLS}})();`,
  ],
  ['an ES module', 'calls.mjs', `import { A2AClient, callAgent } from '${NAME}';${CALLS}`],
])(
  'calls an agent of a bridge from %s',
  async (_kind, file, program) => {
    await writeFile(join(project.directory, file), program);
    const said = JSON.parse(await project.run(process.execPath, [file, harness.url]));
    expect(said[0]).toBe('called');
    expect(said.at(-1)).toBe('completed');
  },
  60_000,
);

it('type-checks in a strict project', async () => {
  const folder = await mkdtemp(join(project.directory, 'types-'));
  const program = `
    import { A2AClient, type A2AClientError, callAgent, type Task } from '${NAME}';
    export const answer: Promise<string> = callAgent('https://example.com', 'hi', { timeoutMs: 1 });
    export const task: Promise<Task> = new A2AClient('https://example.com').get('1');
    export const codeOf = (error: A2AClientError): number | undefined => error.code;`;
  for (const extension of ['cts', 'mts']) await writeFile(join(folder, `program.${extension}`), program);
  await project.compile(folder.slice(project.directory.length + 1), ['*'], {
    module: 'nodenext',
    exactOptionalPropertyTypes: true,
  });
}, 60_000);
