import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { EncryptionKeyError, type EncryptionKeys } from '../contract/encryption-keys';
import type { PushConfig, PushState, StoredPushConfig } from '../contract/push';
import { decryptAesGcm, encryptAesGcm, NONCE } from '../temporal/aes-gcm';

/** What is derived from each key: one that encrypts, and one from which nonces are made. */
interface SealingKey {
  encrypts: KeyObject;
  numbers: KeyObject;
}

/**
 * Seals push notification configs, so that no history holds a token, credentials or what is secret in a URL, whether
 * payloads are encrypted or not. They are opened by the API, for their owners, and by the delivery.
 *
 * The nonce is made of what is sealed: the same config gives the same text, by which the delivery workflow knows that
 * nothing has changed, and different ones never share a nonce.
 */
export class PushSeal {
  private readonly derived = new Map<string, SealingKey>();

  /** @param keys without any, configs stay as they are, and only such can be opened */
  constructor(private readonly keys: EncryptionKeys | undefined) {}

  get hasKeys(): boolean {
    return this.keys !== undefined;
  }

  /** @param known what the delivery workflow holds: a config that goes on unchanged stays as it was sealed */
  seal(config: PushConfig, known?: PushState): StoredPushConfig {
    const same = known?.deliveries.find(
      (each) =>
        each.outcome === undefined && each.config.id === config.id && this.isSame(each.config, config),
    );
    return same?.config ?? this.sealNew(config);
  }

  /** @throws EncryptionKeyError */
  open(stored: StoredPushConfig): PushConfig {
    const { sealed, id, taskId } = stored;
    if (sealed === undefined) return stored;
    const { keyId, data } = sealed;
    if (this.keys === undefined) throw new EncryptionKeyError(keyId, 'is not here: there is none');
    const { encrypts } = this.keyOf(this.keys, keyId);
    try {
      const plain = decryptAesGcm(encrypts, Buffer.from(data, 'base64url'), bindingOf(stored));
      return { ...(JSON.parse(plain.toString('utf8')) as PushConfig), id, taskId };
    } catch (cause) {
      const what =
        'does not open what was sealed with a key of that ID: it is another key, or the data was changed';
      throw new EncryptionKeyError(keyId, what, { cause });
    }
  }

  /** Whether a stored config is this one; false for one that cannot be opened. */
  isSame(stored: StoredPushConfig, config: PushConfig): boolean {
    try {
      return isDeepStrictEqual(this.open(stored), config);
    } catch (error) {
      if (error instanceof EncryptionKeyError) return false;
      throw error;
    }
  }

  /** What another run of the delivery workflow begins with. */
  sealAll(state: PushState): PushState {
    const deliveries = state.deliveries.map((delivery) => {
      const { config } = delivery;
      return config.sealed === undefined ? { ...delivery, config: this.sealNew(config) } : delivery;
    });
    return { deliveries };
  }

  /**
   * Digests of the content of a config: the first is made with the key that seals, the others with older ones. Whoever
   * lacks the keys cannot try out on them what a token may be; without keys no config holds one.
   * @param version of A2A that its notifications are written in
   */
  digests(config: Omit<PushConfig, 'id'>, version: string): [string, ...string[]] {
    const { taskId, url, token, authentication: { scheme, credentials } = {} } = config;
    const content = JSON.stringify([
      taskId,
      version,
      url,
      token || null,
      scheme ?? null,
      credentials ?? null,
    ]);
    const { keys } = this;
    if (keys === undefined) return [createHash('sha256').update(content).digest('hex')];
    const of = (keyId: string) =>
      createHmac('sha256', this.keyOf(keys, keyId).numbers).update(`digest:${content}`).digest('hex');
    return [of(keys.currentId), ...keys.ids.filter((id) => id !== keys.currentId).map(of)];
  }

  private sealNew({ id, taskId, ...secret }: PushConfig): StoredPushConfig {
    const { keys } = this;
    if (keys === undefined) return { ...secret, taskId, id };
    const { currentId: keyId } = keys;
    const { encrypts, numbers } = this.keyOf(keys, keyId);
    const plain = Buffer.from(JSON.stringify(secret));
    const boundTo = bindingOf({ id, taskId });
    const nonce = createHmac('sha256', numbers).update(boundTo).update(plain).digest().subarray(0, NONCE);
    const data = encryptAesGcm(encrypts, plain, { nonce, boundTo }).toString('base64url');
    return { taskId, id, url: new URL(secret.url).origin, sealed: { keyId, data } };
  }

  private keyOf(keys: EncryptionKeys, id: string): SealingKey {
    const key = keys.get(id);
    let derived = this.derived.get(id);
    if (derived === undefined) {
      derived = { encrypts: derive(key, 'encryption'), numbers: derive(key, 'nonces') };
      this.derived.set(id, derived);
    }
    return derived;
  }
}

/** The key may encrypt payloads too, so that another one is made of it for each purpose. */
function derive(key: KeyObject, purpose: string): KeyObject {
  return createSecretKey(
    Buffer.from(hkdfSync('sha256', key, '', `temporal-a2a push configs: ${purpose}`, 32)),
  );
}

/** What was sealed for one config opens in no other. */
function bindingOf({ id, taskId }: Pick<PushConfig, 'id' | 'taskId'>): Buffer {
  return Buffer.from(JSON.stringify([taskId, id]));
}
