import { isObject } from '../../../a2a/is-object';
import { retryAfterMs } from '../../../outbound/retry-after';
import { RemoteFault, shortText } from '../fault';

/** The part of a Response that is used here; those of undici and of Node are not one type. */
export type HttpAnswer = Pick<Response, 'status' | 'statusText' | 'headers' | 'text' | 'ok'>;

/** A body as JSON. @throws SyntaxError; OutboundError */
export async function readJson(response: HttpAnswer): Promise<unknown> {
  return JSON.parse(await response.text());
}

/** @throws RemoteFault for a status that is not 2xx */
export async function assertOk(response: HttpAnswer, doing: string): Promise<void> {
  if (!response.ok) throw httpFault(response, await response.text().catch(() => ''), doing);
}

/** What a status means for the call. */
export function httpFault(response: HttpAnswer, body: string, doing: string): RemoteFault {
  const { status, headers } = response;
  const said = messageIn(body);
  const message = `answered with status ${status} while ${doing}${said === '' ? '' : `: ${said}`}`;
  if (status === 401 || status === 403) return new RemoteFault('A2A_REMOTE_UNAUTHORIZED', message);
  if (status === 408 || status === 429 || status >= 500) {
    return new RemoteFault('A2A_REMOTE_UNAVAILABLE', message, { retryAfterMs: retryAfterMs(headers) });
  }
  return new RemoteFault('A2A_REMOTE_HTTP_ERROR', message);
}

/** The message of a JSON-RPC error, of a google.rpc.Status, or of what else servers say in JSON; no HTML. */
function messageIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    const error = isObject(parsed) ? (parsed.error ?? parsed) : undefined;
    if (typeof error === 'string') return shortText(error);
    return isObject(error) && typeof error.message === 'string' ? shortText(error.message) : '';
  } catch {
    return '';
  }
}
