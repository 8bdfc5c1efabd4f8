import type { DataConverter } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { isObject } from '../a2a/is-object';
import { ConfigError } from '../config/config-error';
import { storagePlace } from '../config/storage-settings';
import { keysIn } from '../config/encryption-keys';
import type { Settings } from '../config/settings';
import type { EncryptionKeys } from '../contract/encryption-keys';
import { assertReferences, driverOf, externalStorage } from '../storage/external-storage';
import { encryptedDataConverter } from '../temporal/encryption-codec';
import type { ServeContext } from './serve-context';
import { exportOf } from './user-module';

/**
 * The data converter of API and workers: that of DATA_CONVERTER, behind it the codec of ENCRYPTION_KEYS, and behind that
 * the storage of PAYLOAD_STORAGE.
 * @throws ConfigError that names the setting
 */
export async function dataConverterOf({ settings, env }: ServeContext): Promise<DataConverter | undefined> {
  const keys = encryptionKeysOf(settings, env);
  const own = await exportedConverter(settings.dataConverter);
  const encrypted = keys === undefined ? own : encryptedDataConverter(keys, own);
  return withStorage(settings, encrypted);
}

async function withStorage(
  { payloadStorage, payloadStorageThreshold }: Settings,
  dataConverter: DataConverter | undefined,
): Promise<DataConverter | undefined> {
  const place = payloadStorage === undefined ? undefined : storagePlace(payloadStorage);
  const own = dataConverter?.externalStorage;
  if (place !== undefined && own !== undefined) {
    throw new ConfigError([
      'PAYLOAD_STORAGE: the data converter of DATA_CONVERTER has an externalStorage already; set one of them',
    ]);
  }
  if (place === undefined && own === undefined) return dataConverter;
  try {
    assertReferences();
    if (place === undefined) return dataConverter;
    const driver = driverOf(place);
    await driver.check();
    return { ...dataConverter, externalStorage: externalStorage(driver, payloadStorageThreshold) };
  } catch (error) {
    throw new ConfigError([`PAYLOAD_STORAGE: ${(error as Error).message}`]);
  }
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
