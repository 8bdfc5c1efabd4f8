import { EncryptionKeys, KEY_BYTES, KEY_ID } from '../contract/encryption-keys';
import { ConfigError } from './config-error';
import { readSecretSync, secretPlace } from './secret-ref';

/** One key: its ID, and where it is. */
const KEY = /^(?<id>[^=:]+)=(?<reference>[a-z][a-z\d]*:\S.*)$/s;

/** What a setting of keys has to be, for its errors. */
export const KEYS_FORMAT = 'ID=file:PATH or ID=env:NAME, several of them separated by commas';

/** Whether a text lists keys, as {@link readEncryptionKeys} reads them. */
export function listsKeys(text: string): boolean {
  return text.split(',').every((each) => {
    const { id = '', reference = '' } = KEY.exec(each.trim())?.groups ?? {};
    return KEY_ID.test(id) && secretPlace(reference) !== undefined;
  });
}

/** The references in a list of keys. */
export function keyReferences(text: string): string[] {
  return text.split(',').flatMap((each) => KEY.exec(each.trim())?.groups?.reference ?? []);
}

/** Which settings hold keys. */
export interface KeySettings {
  /** Environment variable of the keys; ENCRYPTION_KEYS unless set. */
  name?: string;
  /** Environment variable of the ID of the current one. */
  idName?: string;
}

/**
 * The keys of the settings ENCRYPTION_KEYS and ENCRYPTION_KEY_ID; undefined when there are none.
 * @throws ConfigError that names the setting, shows nothing of a key, and says what is expected
 */
export function readEncryptionKeys(
  env: NodeJS.ProcessEnv = process.env,
  { name = 'ENCRYPTION_KEYS', idName = 'ENCRYPTION_KEY_ID' }: KeySettings = {},
): EncryptionKeys | undefined {
  return keysIn({ name, keys: env[name] || undefined, idName, currentId: env[idName] || undefined }, env);
}

/** As {@link readEncryptionKeys}, of settings that were read. */
export function keysIn(
  settings: { name: string; keys: string | undefined; idName?: string; currentId?: string | undefined },
  env: NodeJS.ProcessEnv,
): EncryptionKeys | undefined {
  const { name, keys, idName = '', currentId } = settings;
  if (keys === undefined) {
    if (currentId === undefined) return undefined;
    throw new ConfigError([`${idName}: there is no key ${JSON.stringify(currentId)} without ${name}`]);
  }
  if (!listsKeys(keys)) throw new ConfigError([`${name}: expected ${KEYS_FORMAT}, got something else`]);
  const faults: string[] = [];
  const found = new Map<string, Buffer>();
  for (const each of keys.split(',')) {
    const { id = '', reference = '' } = KEY.exec(each.trim())?.groups ?? {};
    const read = readKey(reference, env);
    if ('fault' in read) faults.push(`${name}: ${read.fault} (key ${id})`);
    else if (found.has(id)) faults.push(`${name}: there are two keys with the ID ${id}`);
    else found.set(id, read.key);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  if (currentId !== undefined && !found.has(currentId)) {
    const ids = [...found.keys()].join(', ');
    throw new ConfigError([
      `${idName}: expected one of the keys of ${name} (${ids}), got ${JSON.stringify(currentId)}`,
    ]);
  }
  return new EncryptionKeys(found, currentId);
}

function readKey(reference: string, env: NodeJS.ProcessEnv): { key: Buffer } | { fault: string } {
  const secret = readSecretSync(reference, env);
  if ('fault' in secret) return secret;
  const key = keyOf(secret.value);
  if (key !== undefined) return { key };
  return {
    fault: `${reference} holds no key: ${KEY_BYTES} bytes in base64 or hex (openssl rand -base64 32)`,
  };
}

/** Undefined when the text is no key. */
function keyOf(text: string): Buffer | undefined {
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[\w+/-]{43}=?$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length === KEY_BYTES ? key : undefined;
}
