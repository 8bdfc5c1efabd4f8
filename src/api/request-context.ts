import { randomUUID } from 'node:crypto';
import type { Context } from 'koa';
import type { Logger } from 'pino';
import { isObject } from '../a2a/is-object';
import type { ProtocolVersion } from '../bridge/types';
import type { ErrorReason } from './error-table';
import type { JsonRpcId } from './json-rpc-envelope';

/** How the answer to a request is written; over HTTP+JSON as in 1.0 until another version is known. */
export type Binding =
  | { kind: 'http'; version?: ProtocolVersion }
  | { kind: 'json-rpc'; version?: ProtocolVersion; id: JsonRpcId };

/** What is known of a request while it is served; grows as more is known. */
export interface RequestContext {
  log: Logger;
  binding: Binding;
  /** Whose call it is, by the agent or the authentication that it was asked for. */
  owners: Map<unknown, Promise<string>>;
  /** For the one line in the log. */
  facts: { operation?: string; agent?: string; taskId?: string; contextId?: string };
  /** What a stream has failed with after it had begun. */
  streamError?: ErrorReason;
  /** Of a stream, which ends after its request was served. */
  ending?: { hasEnded: boolean; onEnd: () => void };
}

const contexts = new WeakMap<object, RequestContext>();

/** Begins a request: its ID is the client's `X-Request-Id` if that is fit for a log, else a new one. */
export function beginRequest(ctx: Context, logger: Logger): RequestContext {
  const given = ctx.get('X-Request-Id');
  const requestId = /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
  ctx.set('X-Request-Id', requestId);
  const context: RequestContext = {
    log: logger.child({ requestId }),
    binding: { kind: 'http' },
    owners: new Map(),
    facts: {},
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

/** Remembers which task and context a request or an answer is about. */
export function noteIds(context: RequestContext, value: unknown): void {
  if (!isObject(value)) return;
  for (const inner of [value.task, value.message, value.statusUpdate, value.artifactUpdate])
    noteIds(context, inner);
  // `id` is a task's in every request and answer that has one but no `taskId`.
  const taskId = value.taskId ?? value.id;
  if (isLoggable(taskId)) context.facts.taskId = taskId;
  if (isLoggable(value.contextId)) context.facts.contextId = value.contextId;
}

function isLoggable(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= 255;
}
