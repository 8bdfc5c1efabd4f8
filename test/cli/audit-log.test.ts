import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, runCli } from '../support/cli';
import { eventually } from '../support/eventually';

let directory = '';
beforeAll(buildCli, 60_000);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-audit-'));
  const agent =
    'id: echo\n    name: Echo\n    description: d\n    default: true\n    workflow: { type: echo }';
  writeFileSync(
    join(directory, 'agents.yaml'),
    `agents:\n  - ${agent}\n    skills: [{ id: echo, name: Echo, description: d }]\n`,
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

// Nobody listens there: calls are UNAVAILABLE.
const AWAY = { TEMPORAL_ADDRESS: '127.0.0.1:1', PORT: '0', GRPC_PORT: 'off' };

const linesIn = (name: string) =>
  readFileSync(join(directory, name), 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));

async function keys(...args: string[]) {
  const cli = runCli(['keys', ...args, '--file', 'keys.json'], { AUDIT_LOG: 'keys.log' }, directory);
  const code = await cli.exit;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
}

it('of the API is a file, and another one once that was moved away', async () => {
  const cli = runCli(['api', '--audit-log', 'api.log'], AWAY, directory);
  const [, url = ''] = await cli.printed(/"url":"(http:[^"]+)"/, 60_000);
  const get = async () => {
    await (await fetch(`${url}/tasks/t`, { headers: { 'A2A-Version': '1.0' } })).text();
  };
  await get();
  const told = { operation: 'GetTask', outcome: 'UNAVAILABLE', status: 503, owner: 'anonymous', taskId: 't' };
  expect(await eventually(() => linesIn('api.log')[0])).toMatchObject(told);
  renameSync(join(directory, 'api.log'), join(directory, 'api.log.1'));
  await eventually(
    async () => {
      await get();
      return linesIn('api.log')[0];
    },
    { timeoutMs: 30_000, intervalMs: 200 },
  );
  await get();
  await expect(cli.end('SIGTERM')).resolves.toBe(0);
  expect(linesIn('api.log').at(-1)).toMatchObject(told);
}, 120_000);

it('of the API is in its log, whatever the level of that is', async () => {
  const cli = runCli(['api'], { ...AWAY, PORT: '0', AUDIT_LOG: 'log', LOG_LEVEL: 'info' }, directory);
  const [, url = ''] = await cli.printed(/"url":"(http:[^"]+)"/, 60_000);
  const { port } = new URL(url);
  await cli.end('SIGTERM');
  const silent = runCli(['api'], { ...AWAY, PORT: port, AUDIT_LOG: 'log', LOG_LEVEL: 'silent' }, directory);
  await eventually(() => fetch(`${url}/tasks/t`, { headers: { 'A2A-Version': '1.0' } }), {
    timeoutMs: 60_000,
  });
  const [line = ''] = await silent.printed(/^.*"audit".*$/m, 30_000);
  expect(JSON.parse(line)).toMatchObject({
    ...{ audit: true, msg: 'audit', level: 30, time: expect.any(String) },
    ...{ operation: 'GetTask', status: 503, owner: 'anonymous' },
  });
  await silent.end('SIGTERM');
}, 180_000);

it('of a file that cannot be opened ends the start with the reason', async () => {
  const cli = runCli(['api'], { ...AWAY, AUDIT_LOG: 'no/such/directory.log' }, directory);
  expect(await cli.exit).toBe(1);
  expect(cli.stderr).toBe('AUDIT_LOG: no/such/directory.log cannot be opened: ENOENT\n');
}, 60_000);

it('of the keys commands has who has changed which key, and no key', async () => {
  const made = await keys('create', 'retool');
  const id = made.stdout.slice(4, 16);
  const rotated = await keys('rotate', id);
  await keys('revoke', id);
  expect((await keys('revoke', '0')).code).toBe(1);
  await keys('list');
  const line = { time: expect.any(String), binding: 'CLI', user: expect.any(String), outcome: 'OK' };
  const next = rotated.stdout.slice(4, 16);
  expect(linesIn('keys.log')).toEqual([
    { ...line, operation: 'CreateKey', keyId: id, keyOwner: 'retool' },
    { ...line, operation: 'RotateKey', keyId: next, keyOwner: 'retool', replacedKeyId: id },
    { ...line, operation: 'RevokeKey', keyId: id, keyOwner: 'retool' },
    { ...line, operation: 'RevokeKey', outcome: 'FAILED' },
  ]);
  expect(readFileSync(join(directory, 'keys.log'), 'utf8')).not.toContain(made.stdout.trim());
}, 120_000);
