import { createSecretKey, type KeyObject } from 'node:crypto';

/** Length of a key of AES-256 in bytes. */
export const KEY_BYTES = 32;

/** What may be the ID of a key: it is shown in errors and stands in histories. */
export const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Something is encrypted with a key that is not here, or cannot be decrypted with the one that is. Names the key's ID. */
export class EncryptionKeyError extends Error {
  override readonly name = 'EncryptionKeyError';

  constructor(
    readonly keyId: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`The encryption key ${JSON.stringify(keyId.slice(0, 100))} ${what}`, options);
  }
}

/**
 * Keys of AES-256 by their IDs. The current one encrypts; all of them decrypt, so that what was encrypted before a
 * rotation can still be read.
 */
export class EncryptionKeys {
  /** ID of the key that encrypts. */
  readonly currentId: string;
  private readonly keys: ReadonlyMap<string, KeyObject>;

  /**
   * @param keys 32 bytes each, by ID
   * @param currentId the first of them unless set
   * @throws RangeError that names the ID of what cannot be used
   */
  constructor(
    keys: Readonly<Record<string, Uint8Array>> | Iterable<[string, Uint8Array]>,
    currentId?: string,
  ) {
    const entries = Symbol.iterator in keys ? [...keys] : Object.entries(keys);
    for (const [id, key] of entries) {
      if (!KEY_ID.test(id)) throw new RangeError(`${JSON.stringify(id)} cannot be the ID of a key`);
      if (key.length !== KEY_BYTES) {
        throw new RangeError(`The key ${JSON.stringify(id)} has ${key.length} bytes instead of ${KEY_BYTES}`);
      }
    }
    this.keys = new Map(entries.map(([id, key]) => [id, createSecretKey(key)]));
    const current = currentId ?? entries[0]?.[0];
    if (current === undefined || !this.keys.has(current)) {
      throw new RangeError(`There is no key ${JSON.stringify(current ?? '')}`);
    }
    this.currentId = current;
  }

  get ids(): string[] {
    return [...this.keys.keys()];
  }

  /** These keys, and others behind them that only decrypt; of two with the same ID, the one that is here. */
  with(others: EncryptionKeys): EncryptionKeys {
    const all = [...others.keys, ...this.keys].map(([id, key]): [string, Buffer] => [id, key.export()]);
    return new EncryptionKeys(all, this.currentId);
  }

  /** @throws EncryptionKeyError */
  get(id: string): KeyObject {
    const key = this.keys.get(id);
    if (key === undefined) throw new EncryptionKeyError(id, `is not here: there is ${this.ids.join(', ')}`);
    return key;
  }
}
