import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKey, listKeys, revokeKey, rotateKey } from '../../src/cli/keys';
import { ConfigError } from '../../src/config/config-error';
import { agentWith, bearer, callerOf } from './support';

let directory = '';
let file = '';
let told: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'key-file-'));
  file = join(directory, 'keys.json');
  told = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

async function create(owner: string, expires?: string): Promise<{ id: string; key: string }> {
  const { text } = await createKey(owner, { file, json: true, ...(expires && { expires }) });
  return JSON.parse(text);
}

const start = () =>
  callerOf([agentWith({ keyFile: file })], { times: { lookMs: 0 }, warn: (message) => told.push(message) });

const withKey = (key: string) => ({ 'X-Api-Key': key });

it('knows the owners of its keys, and holds none of them', async () => {
  const anna = await create('anna');
  const bert = await create('bert', '1d');
  const owner = start();
  expect(await owner(withKey(anna.key))).toBe('key:anna');
  expect(await owner(bearer(bert.key))).toBe('key:bert');
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(anna.key.slice(17));
  expect(text).not.toContain(bert.key.slice(17));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it.each([
  ['a key of nobody', ({ key }: { key: string }) => `${key.slice(0, 17)}${'A'.repeat(43)}`],
  ['an unknown ID', ({ key }: { key: string }) => `a2a_000000000000${key.slice(16)}`],
  ['a part of a key', ({ key }: { key: string }) => key.slice(0, -1)],
  ['the ID', ({ id }: { id: string }) => id],
])('refuses %s', async (_, wrong) => {
  const anna = await create('anna');
  await expect(start()(withKey(wrong(anna)))).rejects.toThrow('The credentials are not valid');
});

it('takes what has changed without a restart', async () => {
  const first = await create('anna');
  const owner = start();
  const other = await create('anna');
  expect(await owner(withKey(other.key))).toBe('key:anna');
  await revokeKey(first.id, { file });
  await expect(owner(withKey(first.key))).rejects.toThrow('The credentials are not valid');
  expect(await owner(withKey(other.key))).toBe('key:anna');
});

it('says of an expired key that it has expired', async () => {
  const short = await create('anna', '1ms');
  const refused = start()(withKey(short.key));
  await expect(refused).rejects.toMatchObject({
    message: 'The API key has expired',
    headers: { 'WWW-Authenticate': expect.stringContaining('error_description="The API key has expired"') },
  });
});

it('rotates a key: both are good until the old one expires', async () => {
  const old = await create('anna', '90d');
  const owner = start();
  const next = JSON.parse((await rotateKey(old.id, { file, json: true, overlap: '1h' })).text);
  expect(await owner(withKey(old.key))).toBe('key:anna');
  expect(await owner(withKey(next.key))).toBe('key:anna');
  const { text } = await listKeys({ file, json: true });
  const [first, second] = JSON.parse(text);
  expect(Date.parse(first.expiresAt)).toBeLessThan(Date.now() + 61 * 60_000);
  expect(second).toEqual({ id: next.id, owner: 'anna', state: 'active', createdAt: next.createdAt });
  await rotateKey(next.id, { file, overlap: '0s' });
  await expect(owner(withKey(next.key))).rejects.toThrow('The API key has expired');
});

it('lets nobody in while the file cannot be used, and says so once', async () => {
  const anna = await create('anna');
  const owner = start();
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, '{"keys": [{}]}');
  for (let call = 0; call < 2; call++) {
    await expect(owner(withKey(anna.key))).rejects.toThrow('The credentials are not valid');
  }
  expect(told).toEqual([
    expect.stringMatching(/keys\.json cannot be used: keys\[0\]\.id: .*keys\[0\]\.owner: /),
  ]);
  rmSync(file);
  await expect(owner(withKey(anna.key))).rejects.toThrow('The credentials are not valid');
  expect(told[1]).toMatch(/keys\.json cannot be used: there is no such file/);
  writeFileSync(file, text);
  expect(await owner(withKey(anna.key))).toBe('key:anna');
});

it('lets callers in again when the file could not be read for a moment', async () => {
  const anna = await create('anna');
  const owner = start();
  await revokeKey((await create('bert')).id, { file });
  const read = jest
    .spyOn(fs, 'readFile')
    .mockRejectedValueOnce(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  await expect(owner(withKey(anna.key))).rejects.toThrow('The credentials are not valid');
  expect(told).toEqual([expect.stringMatching(/keys\.json cannot be used: EMFILE/)]);
  read.mockRestore();
  expect(await owner(withKey(anna.key))).toBe('key:anna');
});

it('changes the file that a symbolic link names', async () => {
  const anna = await create('anna');
  const real = join(directory, 'real', 'keys.json');
  mkdirSync(join(directory, 'real'));
  renameSync(file, real);
  symlinkSync(join('real', 'keys.json'), file);
  await revokeKey(anna.id, { file });
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, 'utf8')).toContain('revokedAt');
});

it('leaves the file its mode, whatever the mask of the process is', async () => {
  const anna = await create('anna');
  chmodSync(file, 0o664);
  const mask = process.umask(0o077);
  try {
    await revokeKey(anna.id, { file });
  } finally {
    process.umask(mask);
  }
  expect(statSync(file).mode & 0o777).toBe(0o664);
});

// Others cannot give a file away.
(process.getuid?.() === 0 ? it : it.skip)(
  'leaves the file its owner, so that servers can read it',
  async () => {
    const anna = await create('anna');
    chownSync(file, 1_234, 2_345);
    await revokeKey(anna.id, { file });
    expect(statSync(file)).toMatchObject({ uid: 1_234, gid: 2_345 });
  },
);

it('must be there at the start', () => {
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(`authentication: the key file ${file} cannot be used: there is no such file`);
});

it('keeps what commands that run at once have made', async () => {
  const made = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => create(owner)));
  const owner = start();
  const owners = await Promise.all(made.map(({ key }) => owner(withKey(key))));
  expect(owners).toEqual(['key:a', 'key:b', 'key:c', 'key:d']);
});

it.each([
  [() => createKey('an na', { file }), 'owner: letters, digits'],
  [() => createKey('anna', { file, expires: 'soon' }), '--expires: expected a number with a unit'],
  [() => revokeKey('000000000000', { file }), 'there is no such file'],
])('commands say what is wrong', async (command, message) => {
  await expect(command()).rejects.toThrow(message);
});

it('a command names a key that is not there', async () => {
  await create('anna');
  await expect(rotateKey('0', { file, overlap: '1d' })).rejects.toThrow(`${file} has no key 0`);
});
