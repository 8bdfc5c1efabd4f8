import type { Meter } from '../metrics/meter';
import type { ErrorReason } from './error-table';
import type { RequestContext } from './request-context';
import type { EndedRequest } from './request-facts';

/** In the words of A2A. */
export const BINDINGS = { http: 'HTTP+JSON', 'json-rpc': 'JSONRPC' } as const;

/** Operation of a request that is for a card, a list of agents or a callback, or for what does not exist. */
const NO_OPERATION = 'other';

/**
 * What a request has come to.
 * @param reason of its error; `CLIENT_GONE` when its client has gone before it was told all, as it is with a stream that
 * has not ended
 */
export function endedRequest(
  { facts, binding, streamError }: RequestContext,
  reason: ErrorReason | 'CLIENT_GONE' | undefined,
  milliseconds: number,
): EndedRequest {
  return {
    facts,
    binding: BINDINGS[binding.kind],
    version: binding.version ?? (binding.kind === 'http' ? '1.0' : ''),
    outcome: reason ?? streamError ?? 'OK',
    milliseconds,
  };
}

/** Counts a request by what is known of it: no label is what a client has made up. */
export function meterRequest(metrics: Meter, { facts, milliseconds, ...labels }: EndedRequest): void {
  const { operation = NO_OPERATION, agent = '' } = facts;
  metrics.observe('a2a_request_duration_seconds', { operation, agent, ...labels }, milliseconds / 1_000);
}
