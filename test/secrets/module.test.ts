import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, runCli } from '../support/cli';
import { cleanUpAfterAll, connectTestTemporal } from '../support/temporal';

const root = join(__dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'secrets-module-'));
cleanUpAfterAll(async () => rmSync(directory, { recursive: true, force: true }));

const KEY = 'key-of-retool-0123456789';

/** As Vault answers, for one secret. */
let fields: Record<string, string>;
const asked: (string | undefined)[] = [];
const vault = createServer((request, response) => {
  asked.push(request.url);
  if (request.headers['x-vault-token'] !== 'root') return response.writeHead(403).end();
  if (request.url !== '/v1/secret/data/apps/a2a') return response.writeHead(404).end();
  return response.end(JSON.stringify({ data: { data: fields } }));
});

beforeAll(async () => {
  await buildCli();
  await new Promise<void>((resolve) => vault.listen(0, '127.0.0.1', resolve));
  const page = readFileSync(join(root, 'docs/secrets.md'), 'utf8');
  const [, module = ''] = /<!-- secrets\.mjs -->\n```js\n(.*?)```/s.exec(page) ?? [];
  writeFileSync(join(directory, 'secrets.mjs'), module);
  writeFileSync(join(directory, 'agents.yaml'), AGENTS);
}, 120_000);

afterAll(() => vault.close());

const AGENTS = `
authentication:
  apiKeys:
    - owner: retool
      values: [vault:apps/a2a#retool-key]
agents:
  - id: echo
    default: true
    name: Echo
    description: Says it again
    skills: [{ id: echo, name: Echo, description: Says it again }]
    workflow: { type: echo }
`;

async function run(command: string, env: Record<string, string> = {}, ...args: string[]) {
  const { address } = await connectTestTemporal();
  return runCli([command, ...args], {
    TEMPORAL_ADDRESS: address,
    AGENTS_FILE: join(directory, 'agents.yaml'),
    SECRETS_MODULE: join(directory, 'secrets.mjs'),
    VAULT_ADDR: `http://127.0.0.1:${(vault.address() as AddressInfo).port}`,
    VAULT_TOKEN: 'root',
    ...env,
  });
}

it('the module of the page gives the API its secrets', async () => {
  fields = { 'retool-key': KEY, 'payload-key': randomBytes(32).toString('base64') };
  const env = { PORT: '0', GRPC_PORT: 'off', ENCRYPTION_KEYS: '1=vault:apps/a2a#payload-key' };
  const cli = await run('api', env);
  const [, url] = await cli.printed(/"url":"(http:[^"]+)".*api is ready/);
  const statusWith = async (key: string) =>
    (await fetch(`${url}/tasks`, { headers: { 'A2A-Version': '1.0', 'X-Api-Key': key } })).status;
  expect([await statusWith(KEY), await statusWith('a-wrong-key-0123456789')]).toEqual([200, 401]);
  expect(asked).toContain('/v1/secret/data/apps/a2a');
  await cli.end();
  expect(cli.stdout + cli.stderr).not.toContain(KEY);
});

it.each([
  ['a secret that is not there', {}, /authentication: vault:apps\/a2a#retool-key cannot be read or is empty/],
  [
    'a resolver that fails',
    { VAULT_TOKEN: 'hush' },
    /vault:apps\/a2a#retool-key cannot be read: Vault answers 403/,
  ],
  ['a module that is not there', { SECRETS_MODULE: 'none.mjs' }, /SECRETS_MODULE: cannot load .*none\.mjs/],
  [
    'a module without resolvers',
    { SECRETS_MODULE: join(root, 'package.json') },
    /SECRETS_MODULE: .*(must export `secretResolvers`|cannot load)/,
  ],
] as [string, Record<string, string>, RegExp][])('does not start with %s', async (_, env, words) => {
  fields = {};
  const cli = await run('api', { PORT: '0', GRPC_PORT: 'off', ...env });
  expect(await cli.exit).toBe(1);
  expect(cli.stdout + cli.stderr).toMatch(words);
  expect(cli.stdout + cli.stderr).not.toContain('hush');
});

it('doctor tells of a secret that is not there', async () => {
  fields = {};
  const cli = await run('doctor', {}, '--json');
  await cli.exit;
  expect(cli.stdout).toMatch(/secret vault:apps\/a2a#retool-key/);
  expect(cli.stdout).toMatch(/SECRETS_MODULE/);
});

it('agents check knows the schemes of the module', async () => {
  expect(await (await run('agents', {}, 'check', join(directory, 'agents.yaml'))).exit).toBe(0);
  const without = await run('agents', { SECRETS_MODULE: '' }, 'check', join(directory, 'agents.yaml'));
  expect(await without.exit).toBe(1);
  expect(without.stdout + without.stderr).toMatch(/a scheme of SECRETS_MODULE/);
});
