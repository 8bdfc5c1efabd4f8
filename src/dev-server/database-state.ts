import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processIdentity } from './process-identity';

/** A process, as {@link processIdentity} tells it from others with the same ID. */
interface Process {
  pid: number;
  identity: string;
}

/** What lies beside the database file, so that another process can take over a server that survived its own. */
export interface DatabaseState {
  owner: Process;
  /** Its ID is 0 while none has been started. */
  server: Process;
  port: number;
  uiPort?: number;
}

/**
 * The server that serves this database already, when the process that started it has gone.
 * @throws Error when that process lives, whether its server does or is about to be started
 */
export async function adoptable(dbFile: string): Promise<DatabaseState | undefined> {
  const state = readState(dbFile);
  if (state === undefined) return undefined;
  const { owner, server, port } = state;
  if (owner.pid !== process.pid && (await isRunning(owner))) {
    const sameServer =
      server.pid === 0 ? '' : `, or use the same Temporal server (TEMPORAL_ADDRESS=127.0.0.1:${port})`;
    throw new Error(
      `${dbFile} is in use by process ${owner.pid}; stop it, or take another data directory (DATA_DIR)${sameServer}`,
    );
  }
  return (await isRunning(server)) ? state : undefined;
}

/**
 * Makes this process the one that serves the database: two servers would spoil each other's work.
 * @throws Error when another process does, or was quicker
 */
export async function claimDatabase(dbFile: string): Promise<void> {
  // Tasks and the credentials of webhooks are in it, and no other user of this machine has to read them.
  try {
    mkdirSync(dirname(dbFile), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(dbFile, error);
  }
  const claim = JSON.stringify(await stateOf({ pid: 0, port: 0 }));
  const left = readText(dbFile);
  await adoptable(dbFile);
  // Of processes that have gone; what has come meanwhile stays.
  if (left !== undefined && readText(dbFile) === left) dropState(dbFile);
  try {
    writeFileSync(stateFile(dbFile), claim, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(dbFile, error);
    await adoptable(dbFile);
    throw new Error(
      `${dbFile} is about to be used by another process; take another data directory (DATA_DIR)`,
    );
  }
}

function unusable(dbFile: string, error: unknown): Error {
  const { message } = error as Error;
  return new Error(
    `${dirname(dbFile)} cannot hold a database (${message}); take another data directory (DATA_DIR)`,
    { cause: error },
  );
}

/** Tells other processes which server serves the database of this one. */
export async function saveState(dbFile: string, server: ServerPlace): Promise<void> {
  const state = JSON.stringify(await stateOf(server));
  const next = `${stateFile(dbFile)}.new`;
  // On a full disk half a state would be written, and the database be taken for free.
  try {
    writeFileSync(next, state);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  renameSync(next, stateFile(dbFile));
}

/** No server serves the database any more. */
export function dropState(dbFile: string): void {
  rmSync(stateFile(dbFile), { force: true });
}

interface ServerPlace {
  pid: number;
  port: number;
  uiPort?: number | undefined;
}

async function stateOf({ pid, port, uiPort }: ServerPlace): Promise<DatabaseState> {
  return {
    owner: await toProcess(process.pid),
    server: await toProcess(pid),
    port,
    ...(uiPort === undefined ? {} : { uiPort }),
  };
}

async function toProcess(pid: number): Promise<Process> {
  return { pid, identity: (await processIdentity(pid)) ?? '' };
}

async function isRunning({ pid, identity }: Process): Promise<boolean> {
  return identity !== '' && (await processIdentity(pid)) === identity;
}

function readState(dbFile: string): DatabaseState | undefined {
  try {
    return JSON.parse(readText(dbFile) ?? '') as DatabaseState;
  } catch {
    return undefined;
  }
}

function readText(dbFile: string): string | undefined {
  try {
    return readFileSync(stateFile(dbFile), 'utf8');
  } catch {
    return undefined;
  }
}

function stateFile(dbFile: string): string {
  return `${dbFile}.server.json`;
}
