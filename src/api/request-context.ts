import { randomUUID } from 'node:crypto';
import type { Context } from 'koa';
import type { Logger } from 'pino';
import type { ProtocolVersion } from '../bridge/types';
import { shownAddress } from '../audit/audit';
import { readTraceFields } from '../contract/trace';
import type { Span, Tracing } from '../tracing/tracing';
import type { ErrorReason } from './error-table';
import type { JsonRpcId } from './json-rpc-envelope';
import type { RequestFacts } from './request-facts';

/** How the answer to a request is written; over HTTP+JSON as in 1.0 until another version is known. */
export type Binding =
  | { kind: 'http'; version?: ProtocolVersion }
  | { kind: 'json-rpc'; version?: ProtocolVersion; id: JsonRpcId };

/** What is known of a request while it is served; grows as more is known. */
export interface RequestContext {
  log: Logger;
  requestId: string;
  binding: Binding;
  /** Whose call it is, by the agent or the authentication that it was asked for. */
  owners?: Map<unknown, Promise<string>> | undefined;
  /** Whether it asks for a stream. */
  streams?: boolean;
  /** Size of its body, when that was read. */
  bodyBytes?: number;
  /** For the one line in the log, and the span. */
  facts: RequestFacts;
  span: Span;
  /** What a stream has failed with after it had begun. */
  streamError?: ErrorReason;
  /** Of a stream, which ends after its request was served. */
  ending?: { hasEnded: boolean; onEnd: () => void };
}

const contexts = new WeakMap<object, RequestContext>();

/** The client's `X-Request-Id` if that is fit for a log, else a new one. */
export function requestIdOf(given: string): string {
  return /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/**
 * Begins a request, and its span.
 * @param audits whether who calls is noted for an audit line
 */
export function beginRequest(
  ctx: Context,
  logger: Logger,
  { tracing, audits }: { tracing: Tracing; audits: boolean },
): RequestContext {
  const requestId = requestIdOf(ctx.get('X-Request-Id'));
  ctx.set('X-Request-Id', requestId);
  const span = tracing.start({
    name: ctx.method,
    kind: 'server',
    parent: readTraceFields((name) => ctx.get(name)),
    attributes: { 'http.request.method': ctx.method },
  });
  const context: RequestContext = {
    log: logger.child({ requestId, ...span.ids }),
    requestId,
    binding: { kind: 'http' },
    // Of an app of somebody else, who may trust a proxy. Once the client has gone, its address is not known any more.
    facts: audits ? { audited: { address: shownAddress(ctx.ip) } } : {},
    span,
  };
  contexts.set(ctx.req, context);
  return context;
}

export function requestContext(ctx: Context): RequestContext {
  const context = contexts.get(ctx.req);
  if (context === undefined) throw new Error('The request was not begun');
  return context;
}

/** The request ends when the function that this returns is called, rather than when it is served. */
export function endLater(context: RequestContext): () => void {
  const ending = { hasEnded: false, onEnd: () => {} };
  context.ending = ending;
  return () => {
    ending.hasEnded = true;
    ending.onEnd();
  };
}

/** Why a caller was refused, in words that hold no credential: its operator may know more than it may. */
export function logRefusal(log: Logger, error: unknown): void {
  const { cause } = error as { cause?: { message?: unknown } };
  if (typeof cause?.message === 'string') log.info({ why: cause.message }, 'refused');
}
