import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { msToNumber } from '@temporalio/common/lib/time';
import {
  formatKeyFile,
  type KeyFileContent,
  type KeyRecord,
  keyFileFault,
  keyState,
  newKey,
  parseKeyFile,
} from '../auth/key-records';
import { keyOwner } from '../config/authentication';
import { ConfigError } from '../config/config-error';
import { duration } from '../config/fields';
import type { KeyChange } from './audit-log';
import { toJson } from './json';

/** The commands for the keys of a key file. */

const LOCK_TRIES = 50;
const LOCK_WAIT_MS = 100;

interface KeyFileFlags {
  file: string;
  json?: boolean;
}

/** @param change is told which key of whom it is, here and below */
export async function createKey(
  owner: string,
  { file, json, expires }: KeyFileFlags & { expires?: string },
  change: KeyChange = {},
): Promise<{ text: string }> {
  const wrong = keyOwner.safeParse(owner).error;
  if (wrong) throw new ConfigError([`owner: ${wrong.issues[0]?.message}`]);
  const made = newKey(owner, expiry(expires));
  Object.assign(change, { keyId: made.record.id, keyOwner: owner });
  await rewrite(file, (records) => [...records, made.record], { create: true });
  return { text: told(made, json, `Key ${made.record.id} of ${owner}`) };
}

/** The old key expires after the overlap, unless it does so sooner. */
export async function rotateKey(
  id: string,
  { file, json, expires, overlap }: KeyFileFlags & { expires?: string; overlap: string },
  change: KeyChange = {},
): Promise<{ text: string }> {
  const end = after('--overlap', overlap) as Date;
  const expiresAt = expiry(expires);
  let made: ReturnType<typeof newKey> | undefined;
  let oldExpiresAt = '';
  await rewrite(file, (records) => {
    const old = find(records, id, file);
    Object.assign(change, { keyOwner: old.owner, replacedKeyId: id });
    if (keyState(old) === 'revoked') throw new ConfigError([`the key ${id} is revoked: create one instead`]);
    made = newKey(old.owner, expiresAt);
    change.keyId = made.record.id;
    if (old.expiresAt === undefined || Date.parse(old.expiresAt) > end.getTime()) {
      old.expiresAt = end.toISOString();
    }
    oldExpiresAt = old.expiresAt;
    return [...records, made.record];
  });
  const words = `Instead of ${id}, which expires at ${oldExpiresAt}`;
  return { text: told(made as ReturnType<typeof newKey>, json, words) };
}

export async function revokeKey(
  id: string,
  { file, json }: KeyFileFlags,
  change: KeyChange = {},
): Promise<{ text: string }> {
  let revokedAt = '';
  await rewrite(file, (records) => {
    const record = find(records, id, file);
    Object.assign(change, { keyId: id, keyOwner: record.owner });
    record.revokedAt ??= new Date().toISOString();
    revokedAt = record.revokedAt;
    return records;
  });
  return { text: json ? toJson({ id, revokedAt }) : `The key ${id} is revoked\n` };
}

export async function listKeys({ file, json }: KeyFileFlags): Promise<{ text: string }> {
  const { keys: records } = await read(file);
  const rows = records.map((record) => ({ ...record, state: keyState(record) }));
  // The hash of a key is of no use to who looks.
  if (json) return { text: toJson(rows.map(({ sha256: _, ...row }) => row)) };
  const lines = rows.map(({ id, owner, state, createdAt, expiresAt = '-' }) => [
    ...[id, owner, state, createdAt, expiresAt],
  ]);
  return { text: table([['ID', 'OWNER', 'STATE', 'CREATED', 'EXPIRES'], ...lines]) };
}

/** The key alone goes to standard output, so that it can be piped to where it is kept. */
function told({ key, record }: ReturnType<typeof newKey>, json: boolean | undefined, words: string): string {
  const { id, owner, createdAt, expiresAt } = record;
  if (json) return toJson({ id, owner, createdAt, ...(expiresAt && { expiresAt }), key });
  process.stderr.write(`${words}. It is not shown again:\n`);
  return `${key}\n`;
}

/** @throws ConfigError for a key that would be good for no time */
function expiry(time: string | undefined): Date | undefined {
  const end = after('--expires', time);
  if (end !== undefined && msToNumber(time as '1d') < 1) {
    throw new ConfigError([`--expires: expected a time that is longer than 0, got ${time}`]);
  }
  return end;
}

function after(flag: string, time: string | undefined): Date | undefined {
  if (time === undefined) return undefined;
  const wrong = duration.safeParse(time).error;
  if (wrong)
    throw new ConfigError([`${flag}: expected ${wrong.issues[0]?.message}, got ${JSON.stringify(time)}`]);
  return new Date(Date.now() + msToNumber(time as '1d'));
}

function find(records: readonly KeyRecord[], id: string, file: string): KeyRecord {
  const record = records.find((each) => each.id === id);
  if (record === undefined)
    throw new ConfigError([`${file} has no key ${id}: see "temporal-a2a keys list --file ${file}"`]);
  return record;
}

async function read(file: string, create = false): Promise<KeyFileContent> {
  try {
    return parseKeyFile(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && create) return { keys: [] };
    throw new ConfigError([`the key file ${file} ${keyFileFault(error)}`]);
  }
}

/**
 * Replaces the file in one step, so that servers read the old one or the new one; one command at a time. The file stays
 * where a symbolic link says, and whose it is: servers must be able to read it.
 */
async function rewrite(
  file: string,
  make: (records: KeyRecord[]) => KeyRecord[],
  { create = false }: { create?: boolean } = {},
): Promise<void> {
  const path = await realpath(file).catch(() => file);
  const lock = `${path}.lock`;
  await take(lock);
  const made = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const content = await read(file, create);
    const text = formatKeyFile({ ...content, keys: make(content.keys) });
    const known = await stat(path).catch(() => undefined);
    await written(await open(made, 'wx', 0o600), text, known);
    await rename(made, path);
  } finally {
    await rm(made, { force: true });
    await rm(lock, { force: true });
  }
}

/** @param known the file that is replaced */
async function written(handle: FileHandle, text: string, known: Stats | undefined): Promise<void> {
  try {
    if (known !== undefined) await resemble(handle, known);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws ConfigError when only another user may make such a file */
async function resemble(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== uid || own.gid !== gid) {
    await handle.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
      throw new ConfigError([
        `the key file belongs to user ${uid}, group ${gid}: run the command as that user (${error.code})`,
      ]);
    });
  }
  // The mask of the process does not count here.
  await handle.chmod(mode & 0o777);
}

/** Waits for a command that is at it. */
async function take(lock: string): Promise<void> {
  for (let left = LOCK_TRIES; ; left -= 1) {
    try {
      await (await open(lock, 'wx')).close();
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new ConfigError([`${lock} cannot be written: ${code}`]);
      if (left === 0) throw new ConfigError([`${lock} is there: remove it, unless a command is at work`]);
      await sleep(LOCK_WAIT_MS);
    }
  }
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
