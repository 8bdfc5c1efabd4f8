import { createPushSigner, type PushSigner } from '../bridge/push-signer';
import { ConfigError } from '../config/config-error';
import type { Settings } from '../config/settings';

/**
 * Undefined when notifications are not signed.
 * @throws ConfigError for a key that cannot be used
 */
export async function pushSigner(
  { pushSigningKey, publicUrl = 'temporal-a2a' }: Settings,
  env: NodeJS.ProcessEnv,
): Promise<PushSigner | undefined> {
  if (pushSigningKey === undefined) return undefined;
  try {
    return await createPushSigner(pushSigningKey, { issuer: publicUrl, env });
  } catch (error) {
    throw new ConfigError([`PUSH_SIGNING_KEY: ${(error as Error).message}`]);
  }
}
