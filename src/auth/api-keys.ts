import { timingSafeEqual } from 'node:crypto';
import type { ApiKeyConfig } from '../config/authentication';
import { ConfigError } from '../config/config-error';
import { type ReferredSecret, readSecret, readSecretSync, secretPlace } from '../config/secret-ref';
import { fileVersion, fileVersionSync } from '../config/file-version';
import { keyDigest } from './key-records';

/** Shorter keys can be guessed. */
const SHORTEST = 16;

/** How often a file is looked at, in ms. */
export const LOOK_MS = 1_000;

export interface ApiKeyOptions {
  env?: NodeJS.ProcessEnv;
  /** Told of a file that has become unusable, in words that hold no secret. */
  warn?: (message: string) => void;
  /** How long a file is taken as it was, in ms; 1,000 unless set. */
  lookMs?: number;
}

interface Key {
  owner: string;
  reference: string;
  /** SHA-256 of the key; undefined while its file holds none. */
  digest: Buffer | undefined;
  /** What may change; a file with its version, of which nothing is read until it does. */
  watched?: { path?: string; version: string; lookedAt: number };
}

/**
 * API keys and their owners. Only hashes of the keys stay in memory. A key in a file changes when the file does;
 * one whose file is gone lets nobody in.
 */
export class ApiKeys {
  private readonly keys: Key[];
  private looking: Promise<void> | undefined;

  /** @throws ConfigError that names each reference without a usable key, and what is wrong with it */
  constructor(
    configs: readonly ApiKeyConfig[],
    private readonly options: ApiKeyOptions = {},
  ) {
    const faults: string[] = [];
    this.keys = configs.flatMap(({ owner, values }) =>
      values.map((reference): Key => {
        const place = secretPlace(reference);
        const version = place?.kind === 'file' ? fileVersionSync(place.name) : '';
        const checked = digestOf(reference, readSecretSync(reference, options.env));
        if ('fault' in checked) faults.push(`authentication: ${checked.fault} (API key of ${owner})`);
        return {
          owner,
          reference,
          digest: 'digest' in checked ? checked.digest : undefined,
          ...(place !== undefined &&
            place.kind !== 'env' && {
              watched: { ...(place.kind === 'file' && { path: place.name }), version, lookedAt: Date.now() },
            }),
        };
      }),
    );
    faults.push(...sharedKeys(this.keys));
    if (faults.length > 0) throw new ConfigError(faults);
  }

  /** The owner of a key. Takes as long for a wrong one as for a right one, wherever they differ. */
  async ownerOf(presented: string): Promise<string | undefined> {
    await this.look();
    const digest = keyDigest(presented);
    let owner: string | undefined;
    for (const key of this.keys) {
      if (key.digest !== undefined && timingSafeEqual(key.digest, digest)) owner ??= key.owner;
    }
    return owner;
  }

  /** Reads again the files that have changed, and asks resolvers, which keep what they know for a while. */
  private look(): Promise<void> {
    const { lookMs = LOOK_MS } = this.options;
    const now = Date.now();
    const due = this.keys.filter(({ watched }) => watched !== undefined && now - watched.lookedAt >= lookMs);
    if (due.length === 0) return this.looking ?? Promise.resolve();
    for (const { watched } of due) if (watched) watched.lookedAt = now;
    const looking = Promise.all(due.map((key) => this.readAgain(key))).then(() => {
      if (this.looking === looking) this.looking = undefined;
    });
    this.looking = looking;
    return looking;
  }

  private async readAgain(key: Key): Promise<void> {
    const { watched, reference } = key;
    if (watched === undefined) return;
    const { path } = watched;
    const version = path === undefined ? '' : await fileVersion(path);
    if (path !== undefined && version === watched.version && key.digest !== undefined) return;
    const changed = path === undefined ? key.digest !== undefined : version !== watched.version;
    const checked = digestOf(reference, await readSecret(reference));
    watched.version = version;
    key.digest = 'digest' in checked ? checked.digest : undefined;
    if ('fault' in checked && changed) {
      this.options.warn?.(`the API key of ${key.owner} is no longer accepted: ${checked.fault}`);
    }
  }
}

function digestOf(reference: string, secret: ReferredSecret): { digest: Buffer } | { fault: string } {
  if ('fault' in secret) return secret;
  const { value } = secret;
  if (/[^\x21-\x7e]/.test(value)) {
    return {
      fault: `${reference} is not a valid header value: one line of ASCII without spaces is required`,
    };
  }
  if (value.length < SHORTEST) {
    return { fault: `${reference} has ${value.length} characters; an API key needs at least ${SHORTEST}` };
  }
  return { digest: keyDigest(value) };
}

/** A key that two have would be neither's. */
function sharedKeys(keys: readonly Key[]): string[] {
  return keys.flatMap((key, index) => {
    const other = keys
      .slice(0, index)
      .find(
        ({ owner, digest }) => owner !== key.owner && key.digest !== undefined && digest?.equals(key.digest),
      );
    if (other === undefined) return [];
    return [
      `authentication: ${key.reference} (${key.owner}) and ${other.reference} (${other.owner}) are the same API key`,
    ];
  });
}
