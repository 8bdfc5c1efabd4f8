import { createHash } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';

const PayloadType = temporal.api.common.v1.Payload;

/** A payload as it is stored, and its name. */
export interface StoredPayload {
  /** Protobuf of `temporal.api.common.v1.Payload`, as all SDKs store it. */
  bytes: Uint8Array;
  /** SHA-256 in hex. */
  hash: string;
}

export function toStored(payload: Payload): StoredPayload {
  const bytes = PayloadType.encode(payload).finish();
  return { bytes, hash: hashOf(bytes) };
}

/** What a claim says of the content, by the names that Temporal's drivers in TypeScript and in Python each read. */
export function hashClaim(hash: string): Record<string, string> {
  return { hashAlgorithm: 'sha256', hashValue: hash, hash_algorithm: 'sha256', hash_value: hash };
}

/**
 * @param where for errors
 * @throws StoredPayloadError when the claim names no hash, or the content has another one
 */
export function fromStored(
  bytes: Uint8Array,
  claim: Readonly<Record<string, string>>,
  where: string,
): Payload {
  const algorithm = claim.hashAlgorithm ?? claim.hash_algorithm;
  const expected = claim.hashValue ?? claim.hash_value;
  if (algorithm !== 'sha256' || expected === undefined) {
    throw new StoredPayloadError(`${where}: the claim names no sha256 hash of its content`);
  }
  if (hashOf(bytes) !== expected) {
    throw new StoredPayloadError(`${where}: the content was changed: its sha256 hash is not ${expected}`);
  }
  const { metadata, data } = PayloadType.decode(bytes);
  return { metadata, data };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A stored payload is gone, or not what was stored: asking again does not help. */
export class StoredPayloadError extends Error {
  override readonly name = 'StoredPayloadError';
}
