import fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { pushSealingKeysOfStart } from '../../src/cli/push-sealing';
import type { ServeContext } from '../../src/cli/serve-context';
import { readSettings } from '../../src/config/settings';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-sealing-'));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(directory, { recursive: true });
});

const keyOfStart = () => {
  const env = { DATA_DIR: join(directory, 'data') };
  const context = { settings: readSettings(env), env, logger: pino({ level: 'silent' }) };
  return pushSealingKeysOfStart(context as Partial<ServeContext> as ServeContext, true)?.currentId;
};
const write = fs.writeFileSync;

it('of two processes that make a key at the same time, both have the same', async () => {
  let other: string | undefined;
  // The other one begins and ends between the creation of the file and its content.
  jest.spyOn(fs, 'writeFileSync').mockImplementationOnce((path, data, options) => {
    write(path, '', options);
    other = keyOfStart();
    write(path, data);
  });
  const own = keyOfStart();
  expect(own).toMatch(/^start-/);
  expect(other).toBe(own);
  expect(keyOfStart()).toBe(own);
  const data = join(directory, 'data');
  expect(await readdir(data)).toEqual(['push-sealing.key']);
  expect((await stat(join(data, 'push-sealing.key'))).mode & 0o777).toBe(0o600);
});

it('a file system without links holds a key, too', async () => {
  jest.spyOn(fs, 'linkSync').mockImplementation(() => {
    throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' });
  });
  const own = keyOfStart();
  expect(own).toMatch(/^start-/);
  expect(keyOfStart()).toBe(own);
  expect(await readFile(join(directory, 'data', 'push-sealing.key'), 'utf8')).toMatch(/^[\w+/]{43}=\n$/);
});
