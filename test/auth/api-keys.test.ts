import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeys } from '../../src/auth/api-keys';
import { ConfigError } from '../../src/config/config-error';

const OLD = 'old-key-0123456789';
const NEW = 'new-key-0123456789';
const env = { OLD, NEW, SHORT: 'only-15-letters', SPACED: 'two words 0123456789', EMPTY: ' ' };

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'api-keys-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function faultsOf(values: string[], more: { owner: string; values: string[] }[] = []): readonly string[] {
  try {
    new ApiKeys([{ owner: 'anna', values }, ...more], { env });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('nothing was found wrong');
}

it('knows the owner of each key, also while there are two', async () => {
  const keys = new ApiKeys(
    [
      { owner: 'anna', values: ['env:OLD'] },
      { owner: 'bert', values: ['env:NEW', 'env:NEW'] },
    ],
    { env },
  );
  expect(await keys.ownerOf(OLD)).toBe('anna');
  expect(await keys.ownerOf(NEW)).toBe('bert');
  for (const wrong of ['', 'old-key-012345678', `${OLD} `, OLD.toUpperCase()]) {
    expect(await keys.ownerOf(wrong)).toBeUndefined();
  }
});

it('names every key that cannot be used, and shows none', () => {
  const faults = faultsOf(['env:NONE', 'env:SHORT', 'env:SPACED', 'env:EMPTY', `file:${directory}/none`]);
  expect(faults).toEqual([
    'authentication: env:NONE is not set (API key of anna)',
    'authentication: env:SHORT has 15 characters; an API key needs at least 16 (API key of anna)',
    'authentication: env:SPACED is not a valid header value: one line of ASCII without spaces is required (API key of anna)',
    'authentication: env:EMPTY is not set (API key of anna)',
    `authentication: file:${directory}/none cannot be read: there is no such file (API key of anna)`,
  ]);
  expect(faults.join()).not.toMatch(/only-15|two words/);
});

it('refuses a key that two owners have', () => {
  expect(faultsOf(['env:OLD'], [{ owner: 'bert', values: ['env:NEW', 'env:OLD'] }])).toEqual([
    'authentication: env:OLD (bert) and env:OLD (anna) are the same API key',
  ]);
});

it.each([
  ['written in place', (path: string, key: string) => writeFileSync(path, `${key}\n`)],
  [
    'moved there',
    (path: string, key: string) => {
      writeFileSync(`${path}.new`, key);
      renameSync(`${path}.new`, path);
    },
  ],
])('takes a key from a file that is %s', async (_, write) => {
  const path = join(directory, 'key');
  writeFileSync(path, `${OLD}\n`);
  const keys = new ApiKeys([{ owner: 'anna', values: [`file:${path}`] }], { lookMs: 0 });
  expect(await keys.ownerOf(OLD)).toBe('anna');
  write(path, NEW);
  expect(await keys.ownerOf(NEW)).toBe('anna');
  expect(await keys.ownerOf(OLD)).toBeUndefined();
});

it('lets nobody in by a file that is gone or has become unusable, says so once, and takes it when it is back', async () => {
  const path = join(directory, 'key');
  writeFileSync(path, OLD);
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const keys = new ApiKeys([{ owner: 'anna', values: [`file:${path}`] }], { lookMs: 0, warn });
  rmSync(path);
  expect(await keys.ownerOf(OLD)).toBeUndefined();
  expect(await keys.ownerOf(OLD)).toBeUndefined();
  writeFileSync(path, 'short');
  expect(await keys.ownerOf('short')).toBeUndefined();
  expect(warnings).toEqual([
    `the API key of anna is no longer accepted: file:${path} cannot be read: there is no such file`,
    `the API key of anna is no longer accepted: file:${path} has 5 characters; an API key needs at least 16`,
  ]);
  writeFileSync(path, NEW);
  expect(await keys.ownerOf(NEW)).toBe('anna');
});
