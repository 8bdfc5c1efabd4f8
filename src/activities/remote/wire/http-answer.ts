import { isObject } from '../../../a2a/is-object';
import { retryAfterMs } from '../../../outbound/retry-after';
import { RemoteFault, shortText } from '../fault';
import { errorWords } from './error-words';

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
  const said = errorWords(body, headers.get('content-type'));
  const message = `answered with status ${status} while ${doing}${said === '' ? '' : `: ${said}`}`;
  const shown = `answered with status ${status}`;
  if (status === 401 || status === 403) return new RemoteFault('A2A_REMOTE_UNAUTHORIZED', message);
  if (status === 408 || status === 429 || status >= 500) {
    return new RemoteFault('A2A_REMOTE_UNAVAILABLE', message, { shown, retryAfterMs: retryAfterMs(headers) });
  }
  return new RemoteFault('A2A_REMOTE_HTTP_ERROR', message, { shown });
}

/** Reasons of the errors that A2A names (specification section 5.4), by their JSON-RPC codes. */
const REASONS: Readonly<Record<number, string>> = {
  [-32001]: 'TASK_NOT_FOUND',
  [-32002]: 'TASK_NOT_CANCELABLE',
  [-32003]: 'PUSH_NOTIFICATION_NOT_SUPPORTED',
  [-32004]: 'UNSUPPORTED_OPERATION',
  [-32005]: 'CONTENT_TYPE_NOT_SUPPORTED',
  [-32006]: 'INVALID_AGENT_RESPONSE',
  [-32007]: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
  [-32008]: 'EXTENSION_SUPPORT_REQUIRED',
  [-32009]: 'VERSION_NOT_SUPPORTED',
  [-32600]: 'INVALID_PARAMS',
  [-32601]: 'INVALID_PARAMS',
  [-32602]: 'INVALID_PARAMS',
  [-32700]: 'INVALID_PARAMS',
};

/** JSON-RPC: something went wrong inside the server. */
const RPC_INTERNAL = -32603;

/** Codes of JSON-RPC end here; whatever is above is an HTTP status. */
const LAST_RPC_CODE = -32000;

type ErrorFields = Record<string, unknown>;

/** The error, when A2A or JSON-RPC names it: by its code, or by the reason in google.rpc.ErrorInfo. */
export function namedError(error: ErrorFields | undefined): ErrorFields | undefined {
  if (error === undefined) return undefined;
  return Number(error.code) <= LAST_RPC_CODE || reasonOf(error) !== undefined ? error : undefined;
}

/** What an error that came as JSON means: of JSON-RPC, or a google.rpc.Status. */
export function errorFault(error: ErrorFields, doing: string): RemoteFault {
  const code = Number(error.code);
  const reason = reasonOf(error);
  const said = typeof error.message === 'string' ? shortText(error.message) : 'it did not say why';
  const message = `failed while ${doing}: ${said}${reason === undefined && error.code ? ` (${error.code})` : ''}`;
  const isInternal = code === RPC_INTERNAL || (code >= 500 && code < 600);
  return new RemoteFault(
    reason === undefined && isInternal ? 'A2A_REMOTE_UNAVAILABLE' : 'A2A_REMOTE_ERROR',
    message,
    { shown: message, ...(reason !== undefined && { reason }), ...(Number.isInteger(code) && { code }) },
  );
}

function reasonOf({ code, details }: ErrorFields): string | undefined {
  const known = Object.values(REASONS);
  const told = (Array.isArray(details) ? details : [])
    .map((detail) => (isObject(detail) ? detail.reason : undefined))
    .find((reason) => known.includes(String(reason)));
  return told === undefined ? REASONS[Number(code)] : String(told);
}
