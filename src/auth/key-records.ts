import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { keyOwner } from '../config/authentication';
import { fileFault } from '../config/file-fault';

/** API keys as a key file holds them: who they belong to and until when, and of the key itself only its hash. */

const record = z.looseObject({
  id: z.string().regex(/^[0-9a-f]{12}$/, '12 hexadecimal digits'),
  owner: keyOwner,
  /** Of the whole key, as hexadecimal digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
});

const keyFile = z.looseObject({ keys: z.array(record) });

export type KeyRecord = z.infer<typeof record>;

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyState({ revokedAt, expiresAt }: KeyRecord, now = Date.now()): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && Date.parse(expiresAt) <= now ? 'expired' : 'active';
}

/** A new key, which is nowhere but in the answer: `a2a_<id>_<secret>`, with 256 random bits. */
export function newKey(owner: string, expiresAt?: Date): { key: string; record: KeyRecord } {
  const id = randomBytes(6).toString('hex');
  const key = `a2a_${id}_${randomBytes(32).toString('base64url')}`;
  return {
    key,
    record: {
      id,
      owner,
      sha256: keyDigest(key).toString('hex'),
      createdAt: new Date().toISOString(),
      ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    },
  };
}

/** ID of the record that a key belongs to, if it has the form of one. */
export function keyId(key: string): string | undefined {
  return /^a2a_([0-9a-f]{12})_[\w-]{43}$/.exec(key)?.[1];
}

/** SHA-256, of any API key: those that are made here have 256 random bits, and need no slow hash. */
export function keyDigest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Why a key file cannot be used: what the system has refused, or what {@link parseKeyRecords} has found. */
export function keyFileFault(error: unknown): string {
  return `cannot be used: ${fileFault(error)}`;
}

/** A key file, with whatever else is in it. */
export type KeyFileContent = z.infer<typeof keyFile>;

/** @throws Error that says what is wrong, without the text itself */
export function parseKeyRecords(text: string): KeyRecord[] {
  return parseKeyFile(text).keys;
}

/** @throws as {@link parseKeyRecords} */
export function parseKeyFile(text: string): KeyFileContent {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const read = keyFile.safeParse(json);
  if (!read.success) {
    const faults = read.error.issues.map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`);
    throw new Error(faults.join('; '));
  }
  const { keys } = read.data;
  const twice = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw new Error(`keys: the ID ${twice.id} is there twice`);
  return read.data;
}

export function formatKeyFile(content: KeyFileContent): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
