import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Agent } from 'undici';
import { AddressGuard, type Lookup } from './address-guard';
import { limitedBody } from './limited-body';
import { isOutboundError, OutboundError } from './outbound-error';
import { parseOutboundUrl } from './outbound-url';

export interface OutboundOptions {
  /** CIDRs beyond the public internet that may be called (`OUTBOUND_ALLOW`). */
  allow?: readonly string[];
  /** Stands in for the system's resolver, in tests. */
  lookup?: Lookup;
  /** Headers by which servers go on with the trace of what is being done. */
  trace?: () => Readonly<Record<string, string>> | undefined;
}

/** Client certificate and trust of a connection, as PEM. */
export interface TlsIdentity {
  cert?: string;
  key?: string;
  ca?: string;
}

/** What one request may take; times in ms, sizes in bytes. */
export interface OutboundLimits {
  /** Until the connection stands, TLS included. */
  connectMs: number;
  /** From the request until the head of the answer. */
  headersMs: number;
  /** Longest silence within the answer. */
  idleMs: number;
  maxBytes: number;
  /** As {@link idleMs} and {@link maxBytes}, for server-sent events. */
  streamIdleMs: number;
  streamMaxBytes: number;
  redirects: number;
}

const OUTBOUND_LIMITS: OutboundLimits = {
  connectMs: 10_000,
  headersMs: 30_000,
  idleMs: 30_000,
  maxBytes: 8 * 1024 * 1024,
  streamIdleMs: 5 * 60_000,
  streamMaxBytes: Number.POSITIVE_INFINITY,
  redirects: 3,
};

export interface OutboundRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal | null;
  tls?: TlsIdentity;
  limits?: Partial<OutboundLimits>;
}

/** Loaded by the first request: many processes never send one. */
const undici = () => require('undici') as typeof import('undici');

/** Headers that go along to another origin; all others may be credentials. */
const HARMLESS_HEADERS =
  /^(accept(-.*)?|content-type|user-agent|last-event-id|traceparent|tracestate|a2a-.*)$/i;

/**
 * HTTP to servers that are not ours. Every connection goes to an address that {@link AddressGuard} let pass,
 * also behind redirects, and everything has a limit.
 */
export class OutboundClient {
  readonly guard: AddressGuard;
  /** See {@link OutboundOptions.trace}, for clients that send otherwise. */
  readonly trace: () => Readonly<Record<string, string>> | undefined;
  /** Connections by TLS identity and connect timeout. */
  private readonly agents = new LRUCache<string, Agent>({
    max: 50,
    dispose: (agent) => {
      agent.close().catch(() => {});
    },
  });

  constructor(options: OutboundOptions = {}) {
    this.trace = options.trace ?? (() => undefined);
    this.guard = new AddressGuard(
      options.allow,
      options.lookup === undefined ? {} : { lookup: options.lookup },
    );
  }

  /**
   * Sends a request and follows a few redirects: each is checked as the first URL was, none leads from https
   * to http, and credentials stay at the origin they were meant for.
   * @throws OutboundError; the reason of `signal` when that has ended it
   */
  async fetch(target: string | URL, request: OutboundRequest = {}): Promise<Response> {
    const limits = { ...OUTBOUND_LIMITS, ...request.limits };
    let url = parseOutboundUrl(target);
    let sent: OutboundRequest = { ...request, headers: { ...this.trace(), ...request.headers } };
    for (let hop = 0; ; hop++) {
      const response = await this.send(url, sent, limits);
      const location = redirectOf(response);
      if (location === undefined) return response;
      await response.body?.cancel();
      if (hop === limits.redirects) {
        throw new OutboundError('redirect', `${url.origin} redirected more than ${limits.redirects} times`);
      }
      const next = parseOutboundUrl(location, url);
      sent = redirected(sent, url, next, response.status);
      url = next;
    }
  }

  async close(): Promise<void> {
    const agents = [...this.agents.values()];
    this.agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  private async send(url: URL, request: OutboundRequest, limits: OutboundLimits): Promise<Response> {
    // A socket looks up names only.
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) this.guard.check(host);
    const abort = new AbortController();
    const caller = request.signal ?? undefined;
    const onAbort = () => abort.abort(caller?.reason);
    if (caller?.aborted) throw caller.reason;
    caller?.addEventListener('abort', onAbort, { once: true });
    const release = () => caller?.removeEventListener('abort', onAbort);
    const late = new OutboundError('timeout', `${url.origin} did not answer within ${limits.headersMs} ms`);
    const timer = setTimeout(() => abort.abort(late), limits.headersMs);
    try {
      const { method = 'GET', headers = {}, body } = request;
      const response = await undici().fetch(url, {
        method,
        headers,
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal: abort.signal,
        dispatcher: this.agentFor(request.tls, limits),
      });
      return withLimits(response as unknown as Response, url.origin, limits, release);
    } catch (error) {
      release();
      if (abort.signal.aborted) throw abort.signal.reason;
      throw toOutboundError(error, url.origin);
    } finally {
      clearTimeout(timer);
    }
  }

  private agentFor(tls: TlsIdentity | undefined, { connectMs }: OutboundLimits): Agent {
    const key = createHash('sha256')
      .update(JSON.stringify([connectMs, tls?.cert, tls?.key, tls?.ca]))
      .digest('hex');
    const known = this.agents.get(key);
    if (known !== undefined) return known;
    const { Agent } = undici();
    const agent = new Agent({
      connect: { lookup: this.guard.socketLookup as never, timeout: connectMs, ...tls },
      // The limits of each request are kept by timers of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 10_000,
    });
    this.agents.set(key, agent);
    return agent;
  }
}

function withLimits(response: Response, origin: string, limits: OutboundLimits, done: () => void): Response {
  if (response.body === null) {
    done();
    return response;
  }
  const streams = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const body = limitedBody(
    response.body,
    origin,
    streams
      ? { maxBytes: limits.streamMaxBytes, idleMs: limits.streamIdleMs }
      : { maxBytes: limits.maxBytes, idleMs: limits.idleMs },
    done,
  );
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers: [...headers] });
}

function redirectOf(response: Response): string | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  return response.headers.get('location') ?? undefined;
}

/** The request of the next hop. */
function redirected(request: OutboundRequest, from: URL, to: URL, status: number): OutboundRequest {
  const reads = request.method === undefined || request.method === 'GET' || request.method === 'HEAD';
  // 301 to 303 would turn a POST into a GET, which is not what was asked for.
  if (!reads && status !== 307 && status !== 308) {
    throw new OutboundError(
      'redirect',
      `${from.origin} answered a ${request.method} with a redirect (${status})`,
    );
  }
  if (from.protocol === 'https:' && to.protocol !== 'https:') {
    throw new OutboundError('redirect', `${from.origin} redirected from https to http`);
  }
  if (from.origin === to.origin) return request;
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => HARMLESS_HEADERS.test(name));
  const { tls: _, ...rest } = request;
  return { ...rest, headers: Object.fromEntries(headers) };
}

function toOutboundError(error: unknown, origin: string): OutboundError {
  for (let cause = error; isObjectLike(cause); cause = cause.cause) {
    if (isOutboundError(cause)) return cause;
    if (cause.code === 'UND_ERR_CONNECT_TIMEOUT') {
      return new OutboundError('timeout', `no connection to ${origin} in time`);
    }
    if (typeof cause.code === 'string') {
      return new OutboundError('network', `the connection to ${origin} failed (${cause.code})`, {
        cause: error,
      });
    }
  }
  return new OutboundError('network', `the connection to ${origin} failed`, { cause: error });
}

function isObjectLike(value: unknown): value is { cause?: unknown; code?: unknown } {
  return typeof value === 'object' && value !== null;
}
