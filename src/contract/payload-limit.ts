import { ApplicationFailure } from '@temporalio/common';
import { MAX_PAYLOAD_BYTES, payloadBytes, tooLarge } from './limits';

/**
 * Ends the task, instead of letting the worker retry for ever what Temporal will always refuse.
 * @returns its size, in bytes of JSON
 * @throws ApplicationFailure, not retryable, that names what is too large, its size and the limit
 */
export function assertPayloadFits(value: unknown, what: string): number {
  const bytes = payloadBytes(value);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw ApplicationFailure.nonRetryable(tooLarge(what, bytes), 'A2A_PAYLOAD_TOO_LARGE');
  }
  return bytes;
}
