import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';

/**
 * Encoding of a header field that holds another payload, in base64. Temporal puts header fields through no codec, and
 * workflow code cannot: an activity does that for it, and the field holds what the activity gave.
 */
const ENCODED_HEADER = 'temporal-a2a/encoded';

/** @param base64 a payload as protobuf */
export function wrapEncoded(base64: string): Payload {
  return { metadata: { encoding: encode(ENCODED_HEADER) }, data: encode(base64) };
}

/** The payload in base64 that the header field holds; undefined when it is one itself. */
export function encodedIn({ metadata, data }: Payload): string | undefined {
  const { encoding } = metadata ?? {};
  if (!encoding || decode(encoding) !== ENCODED_HEADER) return undefined;
  return decode(data ?? new Uint8Array());
}

/** Header field of the start of a plain workflow: how many calls have led to it, also for its own code to read. */
export const DEPTH_HEADER = 'a2a_depth';

export function writeDepth(depth: number): Payload {
  return defaultPayloadConverter.toPayload(depth);
}

/** Undefined when there is none. */
export function readDepth(payload: Payload | undefined): number | undefined {
  if (payload === undefined) return undefined;
  const depth: unknown = defaultPayloadConverter.fromPayload(payload);
  return typeof depth === 'number' ? depth : undefined;
}
