import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../config/config-error';
import { type ApiKeyOptions, LOOK_MS } from './api-keys';
import { fileVersion, fileVersionSync } from '../config/file-version';
import { type KeyRecord, keyDigest, keyFileFault, keyId, keyState, parseKeyRecords } from './key-records';

/**
 * The API keys of a file that `temporal-a2a keys` writes. The file is read again when it has changed; while it is gone or
 * cannot be understood, it lets nobody in.
 */
export class KeyFile {
  private records: ReadonlyMap<string, KeyRecord>;
  private version: string;
  private lookedAt = Date.now();
  /** Why the file could not be read; then it is tried again, even if it has not changed. */
  private unread: string | undefined;
  private looking: Promise<void> | undefined;

  /** @throws ConfigError when the file cannot be used */
  constructor(
    private readonly path: string,
    private readonly options: ApiKeyOptions = {},
  ) {
    this.version = fileVersionSync(path);
    try {
      this.records = byId(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new ConfigError([`authentication: ${this.fault(error)}`]);
    }
  }

  /** Whose a key is, and whether its time is over; undefined for one that is unknown or revoked. */
  async ownerOf(presented: string): Promise<{ owner: string; id: string; expired: boolean } | undefined> {
    const id = keyId(presented);
    if (id === undefined) return undefined;
    await this.look();
    const record = this.records.get(id);
    if (record === undefined) return undefined;
    if (!timingSafeEqual(keyDigest(presented), Buffer.from(record.sha256, 'hex'))) return undefined;
    const state = keyState(record);
    return state === 'revoked' ? undefined : { owner: record.owner, id, expired: state === 'expired' };
  }

  private look(): Promise<void> {
    const { lookMs = LOOK_MS } = this.options;
    if (Date.now() - this.lookedAt >= lookMs) {
      this.lookedAt = Date.now();
      this.looking = this.readAgain();
    }
    return this.looking ?? Promise.resolve();
  }

  private async readAgain(): Promise<void> {
    const version = await fileVersion(this.path);
    if (version === this.version && this.unread === undefined) return;
    this.version = version;
    try {
      this.records = byId(await readFile(this.path, 'utf8'));
      this.unread = undefined;
    } catch (error) {
      const fault = this.fault(error);
      this.records = new Map();
      if (fault !== this.unread) this.options.warn?.(`no API key of the key file is accepted: ${fault}`);
      this.unread = fault;
    }
  }

  private fault(error: unknown): string {
    return `the key file ${this.path} ${keyFileFault(error)}`;
  }
}

function byId(text: string): ReadonlyMap<string, KeyRecord> {
  return new Map(parseKeyRecords(text).map((record) => [record.id, record]));
}
