import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

/** Lengths in bytes. */
export const NONCE = 12;
const TAG = 16;

/** AES-256-GCM: the nonce, the ciphertext and the tag, one behind the other, as Temporal's samples write them. */
export function encryptAesGcm(
  key: KeyObject,
  plain: Uint8Array,
  { nonce = randomBytes(NONCE), boundTo }: { nonce?: Uint8Array; boundTo?: Uint8Array } = {},
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  if (boundTo !== undefined) cipher.setAAD(boundTo);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws an Error when the key, or what it is bound to, is another one, or when something was changed */
export function decryptAesGcm(key: KeyObject, encrypted: Uint8Array, boundTo?: Uint8Array): Buffer {
  if (encrypted.length < NONCE + TAG) throw new Error('too short');
  const end = encrypted.length - TAG;
  const nonce = encrypted.subarray(0, NONCE);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  decipher.setAuthTag(encrypted.subarray(end));
  if (boundTo !== undefined) decipher.setAAD(boundTo);
  return Buffer.concat([decipher.update(encrypted.subarray(NONCE, end)), decipher.final()]);
}
