import type { TaskPushNotificationConfig } from '../../a2a/types';
import type { PushSigner } from '../../bridge/push-signer';
import type { OutboundClient } from '../../outbound/outbound-client';
import { isOutboundError } from '../../outbound/outbound-error';
import { retryAfterMs } from '../../outbound/retry-after';
import type { PushBody } from './serializers';

/** What one attempt to notify a receiver has come to. */
export type PushAttempt =
  | { kind: 'taken'; status: number }
  /** 410: the receiver wants no more. */
  | { kind: 'gone'; status: number }
  /** Anything else, also answers of 4xx: who repairs a receiver wants what came meanwhile. */
  | { kind: 'refused'; reason: string; status?: number; retryAfterMs?: number }
  /** This worker cannot tell where; another one may. */
  | { kind: 'sealed'; reason: string; status?: never };

export interface PushRequest {
  config: TaskPushNotificationConfig;
  /** The same for every attempt to tell the receiver of this event. */
  key: string;
  body: PushBody;
}

/** Bounds of one attempt: times in ms, sizes in bytes. */
const LIMITS = { connectMs: 5_000, headersMs: 15_000, idleMs: 2_000, maxBytes: 64 * 1024, redirects: 0 };

/** Time in ms for what the receiver says besides its status, which nobody reads. */
const DRAIN_MS = 3_000;

/**
 * Calls a webhook once (specification section 4.3.3). Only 2xx counts; redirects are not followed.
 * @throws the reason of `signal` when that has ended it
 */
export async function postPush(
  { config, key, body }: PushRequest,
  outbound: OutboundClient,
  signer: PushSigner | undefined,
  signal: AbortSignal,
): Promise<PushAttempt> {
  const headers: Record<string, string> = {
    'Content-Type': body.contentType,
    'User-Agent': 'temporal-a2a',
    'Idempotency-Key': key,
  };
  const { authentication, token } = config;
  if (authentication?.credentials) {
    headers.Authorization = `${authentication.scheme} ${authentication.credentials}`;
  }
  if (token) headers['X-A2A-Notification-Token'] = token;
  try {
    if (signer !== undefined) {
      headers['X-A2A-Notification-Signature'] = await signer.sign(body.body, { id: key, url: config.url });
    }
    const response = await outbound.fetch(config.url, {
      method: 'POST',
      headers,
      body: body.body,
      signal,
      limits: LIMITS,
    });
    await drain(response);
    const { status } = response;
    if (response.ok) return { kind: 'taken', status };
    if (status === 410) return { kind: 'gone', status };
    const asked = retryAfterMs(response.headers);
    return {
      kind: 'refused',
      reason: `the receiver answered ${status}`,
      status,
      ...(asked !== undefined && { retryAfterMs: asked }),
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // Its message names the origin at most; any other might hold what the client keeps secret.
    return { kind: 'refused', reason: isOutboundError(error) ? error.message : 'the request failed' };
  }
}

/** Reads a short answer, so that the connection can be used again, and leaves a long one. */
async function drain(response: Response): Promise<void> {
  const { body } = response;
  if (body === null) return;
  const reader = body.getReader();
  const late = setTimeout(() => void reader.cancel().catch(() => {}), DRAIN_MS);
  try {
    while (!(await reader.read()).done);
  } catch {
    // Too long, or broken: the status was there before.
  } finally {
    clearTimeout(late);
  }
}
