import { createHash, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };
import { readSecretSync } from '../config/secret-ref';

/** Loaded where keys are used: most servers sign nothing. */
const jose = () => require('jose') as typeof import('jose', { with: { 'resolution-mode': 'import' }});

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
    private readonly publicKey: JWK & { alg: string; kid: string },
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
  const keys = references.split(',').map((reference) => readKey(reference.trim(), env));
  const published = await Promise.all(keys.map(publish));
  const [key, publicKey] = [keys[0], published[0]];
  if (key === undefined || publicKey === undefined) throw new Error('there is no signing key');
  return new PushSigner(issuer, key.key, publicKey, published.slice(1));
}

interface SigningKey {
  key: KeyObject;
  alg: string;
  kid: string | undefined;
}

async function publish({ key, alg, kid }: SigningKey): Promise<JWK & { alg: string; kid: string }> {
  const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  return { ...jwk, alg, use: 'sig', kid: kid ?? (await jose().calculateJwkThumbprint(jwk)) };
}

function readKey(reference: string, env: NodeJS.ProcessEnv): SigningKey {
  const secret = readSecretSync(reference, env);
  if ('fault' in secret) throw new Error(secret.fault);
  const text = secret.value;
  let jwk: JsonWebKey | undefined;
  let key: KeyObject;
  try {
    jwk = text.startsWith('{') ? (JSON.parse(text) as JsonWebKey) : undefined;
    key = jwk === undefined ? createPrivateKey(text) : createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new Error(`${reference} holds no private key, as PEM or JWK`);
  }
  const alg = algorithmOf(key);
  if (alg === undefined) {
    throw new Error(
      `${reference} holds a key that cannot sign: use EC P-256, P-384, Ed25519 or RSA of 2048 bits`,
    );
  }
  return { key, alg, kid: typeof jwk?.kid === 'string' ? jwk.kid : undefined };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (asymmetricKeyType === 'ec') {
    return { prime256v1: 'ES256', secp384r1: 'ES384' }[asymmetricKeyDetails?.namedCurve ?? ''];
  }
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return asymmetricKeyType === 'rsa' && bits >= 2048 ? 'RS256' : undefined;
}
