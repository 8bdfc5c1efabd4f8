import type { DataConverter } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { isObject } from '../a2a/is-object';
import { ConfigError } from '../config/config-error';
import { keysIn } from '../config/encryption-keys';
import type { Settings } from '../config/settings';
import type { EncryptionKeys } from '../contract/encryption-keys';
import { encryptedDataConverter } from '../temporal/encryption-codec';
import type { ServeContext } from './serve-context';
import { exportOf } from './user-module';

/**
 * The data converter of API and workers: that of DATA_CONVERTER, and behind it the codec of ENCRYPTION_KEYS.
 * @throws ConfigError that names the setting
 */
export async function dataConverterOf({ settings, env }: ServeContext): Promise<DataConverter | undefined> {
  const keys = encryptionKeysOf(settings, env);
  const own = await exportedConverter(settings.dataConverter);
  return keys === undefined ? own : encryptedDataConverter(keys, own);
}

/** The keys of ENCRYPTION_KEYS; undefined when nothing is encrypted. @throws ConfigError that names the setting */
export function encryptionKeysOf(
  { encryptionKeys: keys, encryptionKeyId: currentId }: Pick<Settings, 'encryptionKeys' | 'encryptionKeyId'>,
  env: NodeJS.ProcessEnv,
): EncryptionKeys | undefined {
  return keysIn({ name: 'ENCRYPTION_KEYS', keys, idName: 'ENCRYPTION_KEY_ID', currentId }, env);
}

/**
 * The data converter that a module exports as `dataConverter`, CommonJS or ES module; undefined without a module.
 * @param file relative to the working directory
 * @throws ConfigError when the module or what it names cannot be loaded, or when it exports no such thing
 */
async function exportedConverter(file: string | undefined): Promise<DataConverter | undefined> {
  if (file === undefined) return undefined;
  const { path, value: found } = await exportOf('DATA_CONVERTER', file, 'dataConverter');
  if (!isObject(found)) {
    throw new ConfigError([
      `DATA_CONVERTER: ${path} must export a \`dataConverter\`, as Temporal's clients take`,
    ]);
  }
  try {
    loadDataConverter(found);
  } catch (error) {
    throw new ConfigError([`DATA_CONVERTER: ${path}: ${(error as Error).message}`]);
  }
  return found;
}
