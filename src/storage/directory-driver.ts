import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  type Payload,
  type StorageDriver,
  StorageDriverClaim,
  type StorageDriverStoreContext,
} from '@temporalio/common';
import { fromStored, hashClaim, StoredPayloadError, toStored } from './stored-payload';
import { foldersOf } from './stored-under';

/** Where claims may point: folders and a hash, as {@link DirectoryDriver} writes them. */
const PATH = /^(?:[\w%-][\w%.-]*\/){4}[0-9a-f]{64}$|^ns\/_\/none\/[0-9a-f]{64}$/;

/**
 * Stores payloads as files of a directory that all API nodes and workers share: `ns/<namespace>/wi/<workflow ID>/<sha256>`.
 * A file is there as a whole or not at all, is written once, and is checked when it is read.
 */
export class DirectoryDriver implements StorageDriver {
  readonly type = 'temporal-a2a.directory';
  private readonly root: string;
  private made = false;

  /** @param name by which references name the driver; the same in all programs that share the directory */
  constructor(
    directory: string,
    readonly name = 'directory',
  ) {
    this.root = resolve(directory);
  }

  /**
   * Makes the directory when it is not there, the first time: later one that is away is not mounted, and what would be
   * written in its place no other machine could read.
   * @throws Error when nothing can be written there
   */
  async check(): Promise<void> {
    try {
      if (!this.made) await makeDirectory(this.root);
      await access(this.root, constants.R_OK | constants.W_OK | constants.X_OK);
      this.made = true;
    } catch (error) {
      throw new Error(`${this.root} ${directoryFault(error)}`, { cause: error });
    }
  }

  async store({ target }: StorageDriverStoreContext, payloads: Payload[]): Promise<StorageDriverClaim[]> {
    await this.check();
    const folders = foldersOf(target);
    return Promise.all(
      payloads.map(async (payload) => {
        const { bytes, hash } = toStored(payload);
        const path = [...folders, hash].join('/');
        await this.write(join(this.root, path), bytes);
        return new StorageDriverClaim({ path, ...hashClaim(hash) });
      }),
    );
  }

  retrieve(_context: unknown, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return Promise.all(claims.map(({ claimData }) => this.read(claimData)));
  }

  private async write(file: string, bytes: Uint8Array): Promise<void> {
    if (await touched(file)) return;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const unfinished = `${file}.${randomUUID()}.tmp`;
    try {
      const handle = await open(unfinished, 'wx', 0o600);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  private async read(claim: Readonly<Record<string, string>>): Promise<Payload> {
    const path = claim.path ?? '';
    if (!PATH.test(path)) throw new StoredPayloadError('the claim names no file of the payload storage');
    let bytes: Buffer;
    try {
      bytes = await readFile(join(this.root, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // A directory that is away, say not mounted, comes back.
      await access(this.root, constants.R_OK);
      throw new StoredPayloadError(`${path} is not in the payload storage any more`);
    }
    return fromStored(bytes, claim, path);
  }
}

/** As mkdir with `recursive`, which does not come back from some file systems. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    if ((await stat(directory)).isDirectory()) return;
    throw Object.assign(new Error(`${directory} is a file`), { code: 'ENOTDIR' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await makeDirectory(dirname(directory));
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    // Another process has made it meanwhile.
    if (error.code !== 'EEXIST') throw error;
  });
}

function directoryFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOTDIR') return 'is not a directory, or is below a file';
  if (code === 'EACCES' || code === 'EPERM') return 'must be readable and writable for this process';
  return `cannot be used as a directory: ${code ?? message}`;
}

/** Whether the file is there. It is as young as one that is written now, for those that remove old ones. */
async function touched(file: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(file, now, now);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
