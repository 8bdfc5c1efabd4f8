import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { TaskStart } from '../contract/contract';
import { MAX_PAYLOAD_BYTES, tooLarge } from '../contract/limits';
import { Payloads } from '../temporal/payloads';

/**
 * Puts the TaskStart of a plain child workflow through the worker's codecs, for a header field: see `wrapEncoded`.
 * @throws ApplicationFailure, not retryable, when that is larger than Temporal's payload limit
 */
export async function encodeStart(start: TaskStart): Promise<string> {
  const payload = await new Payloads(Context.current().client).encode(start);
  const base64 = Buffer.from(temporal.api.common.v1.Payload.encode(payload).finish()).toString('base64');
  if (base64.length > MAX_PAYLOAD_BYTES) {
    throw ApplicationFailure.nonRetryable(
      tooLarge('the message, put through the codec,', base64.length),
      'A2A_PAYLOAD_TOO_LARGE',
    );
  }
  return base64;
}

/** Whether what this worker writes goes through codecs, or into external storage. */
export function encodesPayloads(): boolean {
  return new Payloads(Context.current().client).encodes;
}
