import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };
import { readSecret } from '../config/secret-ref';

/** Loaded where keys are used: most servers sign nothing. */
export const jose = () => require('jose') as typeof import('jose', { with: { 'resolution-mode': 'import' }});

/** A public key as it is published. */
export type PublicKey = JWK & { alg: string; kid: string };

/** A key that signs. */
export interface SigningKey {
  key: KeyObject;
  publicKey: PublicKey;
}

/**
 * Reads private keys (PEM or JWK).
 * @param references where they are: `file:PATH` or `env:NAME`, separated by commas
 * @throws an Error that names the reference and shows nothing of the key
 */
export async function readSigningKeys(references: string, env: NodeJS.ProcessEnv): Promise<SigningKey[]> {
  const keys = await Promise.all(references.split(',').map((each) => readKey(each.trim(), env)));
  return Promise.all(keys.map(async (each) => ({ key: each.key, publicKey: await publish(each) })));
}

interface PrivateKey {
  key: KeyObject;
  alg: string;
  kid: string | undefined;
}

async function publish({ key, alg, kid }: PrivateKey): Promise<PublicKey> {
  const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  return { ...jwk, alg, use: 'sig', kid: kid ?? (await jose().calculateJwkThumbprint(jwk)) };
}

async function readKey(reference: string, env: NodeJS.ProcessEnv): Promise<PrivateKey> {
  const secret = await readSecret(reference, env);
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
