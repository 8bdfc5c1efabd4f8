import { isObject } from '../a2a/is-object';
import { ConfigError } from '../config/config-error';
import { keyReferences } from '../config/encryption-keys';
import { type SecretResolvers, useSecretResolvers } from '../config/secret-resolvers';
import { SETTINGS, type Settings } from '../config/settings';
import type { Flags } from './options';
import { exportOf } from './user-module';

const { env: NAME } = SETTINGS.secretsModule;

/**
 * Takes the resolvers of SECRETS_MODULE, if there is one; before settings and agents are read, whose references they
 * resolve.
 * @param warn told why a secret cannot be had
 * @throws ConfigError when the module cannot be used
 */
export async function useSecretsModule(
  env: NodeJS.ProcessEnv,
  flags: Flags,
  warn: (message: string) => void,
): Promise<void> {
  const file = flags.secretsModule ?? env[NAME];
  if (file === undefined || file === '') return;
  const { path, value } = await exportOf(NAME, String(file), 'secretResolvers');
  if (!isObject(value) || Object.keys(value).length === 0) {
    throw new ConfigError([`${NAME}: ${path} must export \`secretResolvers\`: functions by scheme`]);
  }
  try {
    useSecretResolvers(value as SecretResolvers, { warn });
  } catch (error) {
    throw new ConfigError([`${NAME}: ${path}: ${(error as Error).message}`]);
  }
}

/** The references in settings that are read at the start. */
export function referencesOf(settings: Settings): string[] {
  const { encryptionKeys = '', pushSealingKeys = '', codecServerKeys = '' } = settings;
  return [
    ...keyReferences(encryptionKeys),
    ...keyReferences(pushSealingKeys),
    ...codecServerKeys.split(',').map((each) => each.trim()),
  ];
}
