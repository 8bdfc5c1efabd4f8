import { randomUUID } from 'node:crypto';
import { cp, readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Task } from '../../src';
import { runNode } from '../support/cli';
import { makeProject, type Project, ROOT } from './project';

/** As most projects have it: types of packages are not checked, some of Temporal's break a strict rule. */
const STRICT = { exactOptionalPropertyTypes: true, skipLibCheck: true };

/** What proves the pages' claims, and what is built from the sources. */
const ONLY_IN_THE_REPOSITORY =
  /^(test|interop|partners|findings|bench|chaos|src|docker|docker-compose\.yml)(\/|$)/;

let project: Project;

beforeAll(async () => {
  project = await makeProject();
  const { directory } = project;
  await cp(join(__dirname, 'consumer'), directory, { recursive: true });
  for (const example of ['greeter', 'call-from-workflow', 'chain']) {
    await cp(join(ROOT, 'examples', example), join(directory, example), {
      recursive: true,
      filter: (from) => !from.endsWith('/lib'),
    });
  }
}, 180_000);

it('holds what it needs and nothing else', async () => {
  const installed = join(project.directory, 'node_modules/temporal-a2a');
  const files = (await readdir(installed, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/cli.js',
      'dist/workflow-bundle.js',
      'dist/workflow-bundle-encrypted.js',
      'agents.yaml',
    ]),
  );
  const allowed =
    /^(dist\/.+\.(js|d\.ts)|docs\/.+\.md|deploy\/.+\.(json|yaml|env)|contract\/vectors\/.+\.(json|md)|examples\/.+|templates\/.+|agents\.yaml|agents\.schema\.json|package\.json|[A-Z]+\.md|LICENSE)$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  expect(files.filter((file) => /^examples\/.*(\/lib\/|\/target\/|venv|pycache)/.test(file))).toEqual([]);
});

it('has what its pages link to', async () => {
  const installed = join(project.directory, 'node_modules/temporal-a2a');
  const files = await readdir(installed, { recursive: true });
  const pages = files.filter((file) => file.endsWith('.md'));
  expect(pages.length).toBeGreaterThan(20);
  const missing = [];
  for (const page of pages) {
    const text = (await readFile(join(installed, page), 'utf8')).replaceAll(/^```.*?^```/gms, '');
    for (const [, path = ''] of text.matchAll(/\]\((?!\w+:|#)([^)\s#]+)/g)) {
      const target = normalize(join(dirname(page), path)).replace(/\/$/, '');
      if (!files.includes(target) && !ONLY_IN_THE_REPOSITORY.test(target)) missing.push(`${page}: ${path}`);
    }
  }
  expect(missing).toEqual([]);
});

it('type-checks in a strict project: all entry points', async () => {
  await project.compile('.', ['all-entry-points.ts'], STRICT);
}, 60_000);

it.each(['node16', 'nodenext'])(
  'type-checks with module %s and the types of all packages, as CommonJS and as an ES module',
  async (module) => {
    const types = join(project.directory, 'types');
    for (const extension of ['cts', 'mts']) {
      await cp(join(__dirname, 'consumer/all-entry-points.ts'), join(types, `all-entry-points.${extension}`));
    }
    await project.compile('types', ['*'], { module });
  },
  60_000,
);

it('is required from CommonJS, and runs the built-in agents', async () => {
  const { task } = JSON.parse(await project.run(process.execPath, ['run.cjs', randomUUID()])) as {
    task: Task;
  };
  expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  expect(task.artifacts?.[0]?.parts).toEqual([{ text: 'from cjs' }]);
}, 60_000);

it('is imported from ES modules, and runs an agent of the project: the greeter of the examples', async () => {
  await project.compile('greeter', ['*.ts'], STRICT);
  const { task } = JSON.parse(await project.run(process.execPath, ['run.mjs', randomUUID()])) as {
    task: Task;
  };
  expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  const artifacts = Object.fromEntries(task.artifacts?.map(({ name, parts }) => [name, parts]) ?? []);
  expect(artifacts.poem?.[0]?.text).toContain('Roses are red, Ada,\nviolets are blue,');
  expect(artifacts.greeting).toEqual([{ text: 'Hello, Ada!' }, { data: { name: 'Ada', lines: 4 } }]);
}, 90_000);

it.each([
  ['call-from-workflow', 'main.js', { AGENTS_FILE: join(ROOT, 'agents.yaml') }],
  ['chain', 'worker.js', { AGENTS_FILE: join(ROOT, 'examples/chain/agents.yaml') }],
])(
  'runs the worker of examples/%s',
  async (example, program, env) => {
    await project.compile(example, ['*.ts'], STRICT);
    const worker = runNode([join(project.directory, example, 'lib', program)], {
      ...env,
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
    });
    await worker.printed(/state: 'RUNNING'/);
    await worker.end('SIGKILL');
  },
  90_000,
);

it('brings its command line', async () => {
  const help = await project.run(process.execPath, ['node_modules/temporal-a2a/dist/cli.js', '--help']);
  expect(help).toContain('Serves Temporal workflows as A2A agents');
});
