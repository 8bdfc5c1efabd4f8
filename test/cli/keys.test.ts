import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, runCli } from '../support/cli';

let directory = '';
beforeAll(buildCli, 60_000);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-keys-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function keys(...args: string[]) {
  const cli = runCli(['keys', ...args, '--file', 'keys.json'], {}, directory);
  const code = await cli.exit;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
}

it('makes, lists, rotates and revokes keys', async () => {
  const made = await keys('create', 'retool', '--expires', '90d');
  expect(made).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^a2a_[0-9a-f]{12}_[\w-]{43}\n$/),
    stderr: expect.stringMatching(/^Key [0-9a-f]{12} of retool\. It is not shown again:\n$/),
  });
  const id = made.stdout.slice(4, 16);
  expect(await keys('rotate', id, '--overlap', '1h')).toMatchObject({
    stdout: expect.stringMatching(/^a2a_/),
    stderr: expect.stringMatching(new RegExp(`^Instead of ${id}, which expires at \\d{4}-\\S+Z\\. `)),
  });
  expect(await keys('revoke', id)).toEqual({ code: 0, stdout: `The key ${id} is revoked\n`, stderr: '' });
  const { stdout } = await keys('list');
  expect(stdout.split('\n')[0]?.split(/ {2,}/)).toEqual(['ID', 'OWNER', 'STATE', 'CREATED', 'EXPIRES']);
  expect(stdout).toMatch(new RegExp(`^${id} +retool +revoked `, 'm'));
  expect(stdout).toMatch(/^[0-9a-f]{12} +retool +active +\S+ +-$/m);
}, 60_000);

it('keeps what else is in the file', async () => {
  const file = join(directory, 'keys.json');
  writeFileSync(file, JSON.stringify({ note: 'of the team', keys: [] }));
  await keys('create', 'retool');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ note: 'of the team', keys: [expect.anything()] });
}, 60_000);

it('says in one line what is wrong, with exit code 1', async () => {
  expect(await keys('create', 'retool', '--expires', '0s')).toEqual({
    code: 1,
    stdout: '',
    stderr: '--expires: expected a time that is longer than 0, got 0s\n',
  });
  expect(await keys('revoke', '0')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'keys.json has no key 0: see "temporal-a2a keys list --file keys.json"\n',
  });
});
