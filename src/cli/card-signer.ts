import { type CardSigner, createCardSigner } from '../api/card-signer';
import { ConfigError } from '../config/config-error';
import { assertSafeToSign } from '../config/exposure';
import type { ServeContext } from './serve-context';

/**
 * Undefined when cards are not signed.
 * @throws ConfigError for a key that cannot be used, or when callers could have cards of any URL signed
 */
export async function cardSigner({ settings, env }: ServeContext): Promise<CardSigner | undefined> {
  const { cardSigningKeys } = settings;
  if (cardSigningKeys === undefined) return undefined;
  assertSafeToSign(settings);
  try {
    return await createCardSigner(cardSigningKeys, { env });
  } catch (error) {
    throw new ConfigError([`CARD_SIGNING_KEYS: ${(error as Error).message}`]);
  }
}
