import { createHash, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };
import { jose, type PublicKey, readSigningKeys } from './signing-keys';

/** Path of the API at which receivers find the public keys. */
export const JWKS_PATH = '/.well-known/jwks.json';

export interface SignedPush {
  /** Its idempotency key: claim `jti`. */
  id: string;
  /** The webhook: its origin is the claim `aud`. */
  url: string;
}

/**
 * Signs notifications, so that receivers know who sent them and that nothing was changed: a JWT whose claim
 * `request_body_sha256` is the hash of the body. Make it with {@link createPushSigner}.
 */
export class PushSigner {
  constructor(
    private readonly issuer: string,
    private readonly key: KeyObject,
    private readonly publicKey: PublicKey,
    private readonly others: readonly JWK[],
  ) {}

  /** The public keys, as a JSON Web Key Set: the one that signs, and those that signed before. */
  get jwks(): { keys: JWK[] } {
    return { keys: [this.publicKey, ...this.others] };
  }

  sign(body: string, { id, url }: SignedPush): Promise<string> {
    const { alg, kid } = this.publicKey;
    const { SignJWT } = jose();
    return new SignJWT({ request_body_sha256: createHash('sha256').update(body).digest('hex') })
      .setProtectedHeader({ alg, kid, typ: 'JWT' })
      .setIssuer(this.issuer)
      .setAudience(new URL(url).origin)
      .setJti(id)
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign(this.key);
  }
}

/**
 * What push workers sign notifications with, and whose public keys an API publishes at `/.well-known/jwks.json`.
 * @param references where private keys are: `file:PATH` or `env:NAME`, separated by commas. The first signs; the
 * others are only published, so that what they signed can still be verified.
 * @param issuer claim `iss`: the public URL of this server
 * @throws an Error that names the reference and shows nothing of the key
 */
export async function createPushSigner(
  references: string,
  { issuer, env }: { issuer: string; env: NodeJS.ProcessEnv },
): Promise<PushSigner> {
  const [current, ...others] = await readSigningKeys(references, env);
  if (current === undefined) throw new Error('there is no signing key');
  const published = others.map(({ publicKey }) => publicKey);
  return new PushSigner(issuer, current.key, current.publicKey, published);
}
