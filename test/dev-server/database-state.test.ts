import { mkdtemp, open, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDatabase, saveState } from '../../src/dev-server/database-state';

let directory: string;
let dbFile: string;
let stateFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'database-state-'));
  dbFile = join(directory, 'temporal.db');
  stateFile = `${dbFile}.server.json`;
  await claimDatabase(dbFile);
  await saveState(dbFile, { pid: process.pid, port: 1 });
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const portIn = (text: string) => (JSON.parse(text) as { port: number }).port;

describe('the state of a database', () => {
  it('is replaced as a whole: who reads it meanwhile sees the old one', async () => {
    const reader = await open(stateFile);
    await saveState(dbFile, { pid: process.pid, port: 2 });
    expect(portIn(await reader.readFile('utf8'))).toBe(1);
    await reader.close();
    expect(portIn(await readFile(stateFile, 'utf8'))).toBe(2);
    expect(await readdir(directory)).toEqual(['temporal.db.server.json']);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('stays as it is while the disk is full, so that nobody takes the database for free', async () => {
    await symlink('/dev/full', `${stateFile}.new`);
    await expect(saveState(dbFile, { pid: process.pid, port: 2 })).rejects.toThrow('ENOSPC');
    expect(portIn(await readFile(stateFile, 'utf8'))).toBe(1);
    await saveState(dbFile, { pid: process.pid, port: 3 });
    expect(portIn(await readFile(stateFile, 'utf8'))).toBe(3);
  });
});
