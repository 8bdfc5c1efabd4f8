import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '../../src';
import { textOf } from '../../src/workflow';
import { type CliProcess, runNode } from '../support/cli';
import { makeProject, type Project, ROOT } from './project';

/**
 * The TypeScript of docs/agents.md, compiled and run in a project that has the packed package. Each snippet names
 * its file in a comment before it; what the page leaves to its reader is here.
 */
const LEFT_TO_THE_READER: Record<string, { given?: string; first?: string; last?: string }> = {
  'workflows.ts': {
    first:
      "import { proxyActivities } from '@temporalio/workflow';\nimport type * as activities from './activities';",
    last: `const { translate } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });
           export async function translator(start: TaskStart): Promise<Task> {
             const task = a2aTask(start);
             await translate(task.text.split('\\n'));
             return task.complete();
           }`,
  },
  'activities.ts': { last: 'const translateLine = async (line: string) => line.toUpperCase();' },
  'worker.ts': {},
  'replay.ts': {
    given: "{ client, taskId }: { client: import('@temporalio/client').Client; taskId: string }",
  },
  'a2a-worker.ts': {},
  'serve.ts': { last: 'console.log(url);' },
};

/** Run as they are; the others are modules. */
const PROGRAMS = ['worker.ts', 'replay.ts', 'a2a-worker.ts', 'serve.ts'];

const TRANSLATOR = `  - id: translator
    name: Translator
    description: Translates.
    skills: [{ id: t, name: T, description: T }]
    workflow: { type: translator, taskQueue: greeter }
`;

let project: Project;
let snippets: Map<string, string>;

beforeAll(async () => {
  project = await makeProject();
  const page = await readFile(join(ROOT, 'docs/agents.md'), 'utf8');
  const fences = [...page.matchAll(/(?:<!-- (\S+) -->\n)?```ts\n(.*?)```/gs)];
  snippets = new Map(fences.map(([, file = 'a snippet without a file', code = '']) => [file, code]));
  const [invoice = '', greeter = ''] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, yaml]) => yaml ?? '',
  );
  await writeFile(
    join(project.directory, 'agents.yaml'),
    invoice + greeter.replace('agents:\n', '') + TRANSLATOR,
  );
  await mkdir(join(project.directory, 'src'));
  for (const [file, code] of snippets) {
    await writeFile(join(project.directory, 'src', file), completed(file, code));
  }
}, 180_000);

/** With the test run's Temporal, and any free port. */
function completed(file: string, code: string): string {
  const { given = '', first = '', last = '' } = LEFT_TO_THE_READER[file] ?? {};
  const address = JSON.stringify(process.env.TEST_TEMPORAL_ADDRESS);
  const here = code.replace("'localhost:7233'", address).replace('port: 4000', 'port: 0');
  if (!PROGRAMS.includes(file)) return [first, here, last].join('\n');
  const lines = here.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const rest = lines.filter((line) => !line.startsWith('import '));
  const run = given === '' ? 'main().catch((error) => { console.error(error); process.exit(1); });' : '';
  return [...imports, first, `export async function main(${given}) {`, ...rest, last, '}', run].join('\n');
}

function start(program: string): CliProcess {
  const env = { TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '' };
  return runNode([join(project.directory, 'lib', program)], env, project.directory);
}

async function send(url: string, agent: string, text: string, taskId?: string): Promise<Task> {
  const message = {
    messageId: randomUUID(),
    role: 'ROLE_USER',
    parts: [{ text }],
    ...(taskId && { taskId }),
  };
  const response = await fetch(`${url}/a2a/${agent}/message:send`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
    body: JSON.stringify({ message }),
  });
  return ((await response.json()) as { task: Task }).task;
}

it('is all known here', () => {
  expect([...snippets.keys()].sort()).toEqual(Object.keys(LEFT_TO_THE_READER).sort());
});

it.each(['node16', 'nodenext'])(
  'compiles with module %s and the types of all packages',
  async (module) => {
    await project.compile('.', ['src'], { module, rootDir: 'src', outDir: 'lib' });
  },
  60_000,
);

describe('runs', () => {
  let greeted: Task;
  let serving: CliProcess;
  let url = '';

  beforeAll(async () => {
    serving = start('serve.js');
    [url] = await serving.printed(/http:\S+/);
  }, 60_000);

  it.each(['worker.js', 'a2a-worker.js'])(
    'with %s',
    async (program) => {
      const worker = start(program);
      await worker.printed(/state: 'RUNNING'/);
      const asked = await send(url, 'greeter', 'Hello');
      expect(asked.status.message?.parts).toEqual([{ text: 'What is your name?' }]);
      greeted = await send(url, 'greeter', 'Ada', asked.id);
      expect(greeted.artifacts?.[0]).toMatchObject({ name: 'greeting', parts: [{ text: 'Hello, Ada!' }] });
      const { artifacts } = await send(url, 'translator', 'one\ntwo');
      expect(textOf(artifacts?.[0] ?? { parts: [] })).toBe('ONETWO');
      await worker.end('SIGKILL');
    },
    90_000,
  );

  it('with replay.js', async () => {
    const program = join(project.directory, 'lib/run-replay.cjs');
    await writeFile(
      program,
      `const { connectTemporal, readTemporalTarget } = require('temporal-a2a');
       connectTemporal(readTemporalTarget(process.env)).then(async ({ client, connection }) => {
         await require('./replay.js').main({ client, taskId: process.argv[2] });
         await connection.close();
         console.log('replayed');
       });`,
    );
    await expect(project.run(process.execPath, [program, greeted.id])).resolves.toContain('replayed');
  }, 60_000);
});
