import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, runCli } from '../support/cli';

const GOOD = `agents:
  - id: a
    name: A
    description: a
    skills: [{ id: s, name: S, description: s }]
    workflow: { type: a }
`;

let directory: string;

beforeAll(buildCli, 60_000);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agents-check-'));
  await writeFile(join(directory, 'agents.yaml'), GOOD);
  await writeFile(join(directory, 'wrong.yaml'), GOOD.replace('description: a', 'descripton: a'));
  await writeFile(join(directory, 'broken.yaml'), 'agents: [');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function check(...args: string[]) {
  const cli = runCli(['agents', 'check', ...args], {}, directory);
  const code = await cli.exit;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
}

it('tells what is in a file that is right', async () => {
  expect(await check()).toEqual({
    code: 0,
    stdout:
      'agents.yaml: 1 agent, nothing wrong: a\n' +
      'npx temporal-a2a doctor looks at the rest: Temporal, workers, secrets, remote agents\n',
    stderr: '',
  });
  const { code, stdout } = await check('--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ file: 'agents.yaml', ok: true, agents: ['a'], faults: [] });
});

it('tells each fault on a line, with exit code 1', async () => {
  expect(await check('wrong.yaml')).toEqual({
    code: 1,
    stdout:
      'wrong.yaml:2: agents[0].description: expected string, got nothing\n' +
      'wrong.yaml:4: agents[0].descripton: unknown key; did you mean "description"?\n',
    stderr: '',
  });
  const { code, stdout } = await check('wrong.yaml', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    file: 'wrong.yaml',
    ok: false,
    faults: [
      {
        file: 'wrong.yaml',
        line: 2,
        path: 'agents[0].description',
        message: 'expected string, got nothing',
      },
      {
        file: 'wrong.yaml',
        line: 4,
        path: 'agents[0].descripton',
        message: 'unknown key; did you mean "description"?',
      },
    ],
  });
});

it('tells of a file that is no YAML, or not there', async () => {
  expect((await check('broken.yaml')).stdout).toMatch(/^broken\.yaml:\d+: /);
  const { code, stdout } = await check('none.yaml', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    faults: [{ message: expect.stringContaining('no such file') }],
  });
});
