import { createHash, randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentConfig } from '../config/agents';
import { ConfigError } from '../config/config-error';
import { keysIn } from '../config/encryption-keys';
import { EncryptionKeys, KEY_BYTES } from '../contract/encryption-keys';
import { encryptionKeysOf } from './data-converter';
import type { ServeContext } from './serve-context';

/** In DATA_DIR: the key that `start` makes, in base64. */
const FILE = 'push-sealing.key';

/**
 * The keys that seal push notification configs: those of PUSH_SEALING_KEYS, before those of ENCRYPTION_KEYS. Undefined
 * when there are none.
 * @throws ConfigError that names the setting
 */
export function pushSealingKeys({ settings, env }: ServeContext): EncryptionKeys | undefined {
  const own = keysIn({ name: 'PUSH_SEALING_KEYS', keys: settings.pushSealingKeys }, env);
  return merged(own, encryptionKeysOf(settings, env));
}

/**
 * As {@link pushSealingKeys}, and behind them the key in DATA_DIR, which is made when there is no other: the database of
 * `start` is there, too.
 */
export function pushSealingKeysOfStart(
  context: ServeContext,
  ownTemporal: boolean,
): EncryptionKeys | undefined {
  const { settings, logger } = context;
  const given = pushSealingKeys(context);
  const path = join(settings.dataDir, FILE);
  const kept = readKey(path);
  const keys = merged(given, kept);
  if (keys !== undefined) return keys;
  const made = makeKey(context, path);
  if (made !== undefined && !ownTemporal) {
    logger.warn(
      `${path} seals the credentials of push notifications; other nodes of this Temporal need it ` +
        `too: PUSH_SEALING_KEYS=${made.currentId}=file:${path}`,
    );
  }
  return made;
}

/** What is missing when nothing can be sealed. */
export function warnOfUnsealed(
  { logger }: ServeContext,
  agents: readonly AgentConfig[],
  keys: EncryptionKeys | undefined,
): void {
  if (keys !== undefined || !agents.some(({ pushNotifications }) => pushNotifications)) return;
  logger.warn(
    'neither PUSH_SEALING_KEYS nor ENCRYPTION_KEYS is set: push notification configs with a token or credentials are ' +
      'refused, and sealed ones cannot be delivered (docs/push-notifications.md)',
  );
}

function merged(
  first: EncryptionKeys | undefined,
  others: EncryptionKeys | undefined,
): EncryptionKeys | undefined {
  return first === undefined || others === undefined ? (first ?? others) : first.with(others);
}

function readKey(path: string): EncryptionKeys | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError([`DATA_DIR: ${path} cannot be read: ${(error as Error).message}`]);
  }
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === KEY_BYTES) return named(key);
  throw new ConfigError([`DATA_DIR: ${path} holds no key; what it has sealed cannot be opened without it`]);
}

/** Of processes that make one at the same time, all end with the same: the file is there whole, or not at all. */
function makeKey({ settings, logger }: ServeContext, path: string): EncryptionKeys | undefined {
  const made = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(settings.dataDir, { recursive: true });
    writeFileSync(made, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
    place(made, path);
  } catch (error) {
    // Another `start` was faster; else what cannot be kept is not used.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      logger.warn({ err: error }, `DATA_DIR: ${path} cannot be written`);
    }
  } finally {
    rmSync(made, { force: true });
  }
  return readKey(path);
}

/** Gives a file its name, unless there is one of that name. */
function place(made: string, path: string): void {
  try {
    linkSync(made, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // The file system has no links.
    copyFileSync(made, path, constants.COPYFILE_EXCL);
  }
}

/** Two keys that were made have different IDs, so that a missing one is known. */
function named(key: Buffer): EncryptionKeys {
  return new EncryptionKeys({ [`start-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`]: key });
}
