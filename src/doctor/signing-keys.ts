import { readSigningKeys } from '../bridge/signing-keys';
import { readSecret } from '../config/secret-ref';
import { error, type Finding, ok } from './finding';

/** Whether the keys of a setting can sign; those that cannot be read are told as secrets already. */
export async function checkSigningKeys(
  setting: string,
  references: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  if (references === undefined) return [];
  const each = await Promise.all(references.split(',').map((one) => readSecret(one.trim(), env)));
  if (each.some((secret) => 'fault' in secret)) return [];
  try {
    const [current, ...others] = await readSigningKeys(references, env);
    const kids = others.map(({ publicKey }) => publicKey.kid);
    const more = kids.length === 0 ? '' : `; also published: ${kids.join(', ')}`;
    return [ok(setting, `signs with the key ${current?.publicKey.kid}${more}`)];
  } catch (cause) {
    return [error(setting, (cause as Error).message, 'make a key: openssl genpkey -algorithm ed25519')];
  }
}
