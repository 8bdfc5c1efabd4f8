import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouterContext } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { BridgeError, shuttingDown } from '../a2a/errors';
import { describe } from '../a2a/proto-json';
import type { Audit } from '../audit/audit';
import { givenOrOwn } from '../auth/authenticator';
import type { Authenticate } from '../auth/caller';
import type { CallbackInbox } from '../bridge/callbacks';
import type { TaskOperations } from '../bridge/types';
import { type Agents, AgentSet } from '../config/agent-set';
import type { Limits } from '../config/quotas';
import { type Meter, NO_METER } from '../metrics/meter';
import { NO_TRACING, type Tracing } from '../tracing/tracing';
import { AgentDirectory } from './agent-directory';
import { admit } from './authentication';
import type { CardSigner } from './card-signer';
import { allowOrigins } from './cors';
import { jsonRpcErrorBody, plainError, statusBody } from './error-body';
import type { CodecServer } from './codec-server';
import { type ErrorReason, toWireError } from './error-table';
import { mount } from './mount';
import { OpenStreams } from './open-streams';
import { type CallQuotas, callQuotas } from './quotas';
import { auditRequest } from './request-audit';
import { beginRequest, logRefusal, type RequestContext } from './request-context';
import { endSpan, requestLine } from './request-facts';
import { endedRequest, meterRequest } from './request-metrics';
import { restContentType } from './rest';
import { checkPath, createRouter } from './routes';
import type { GrpcPlace, Services } from './services';
import { StreamingKoa } from './streaming-koa';

/** Options of {@link createApp}. */
export interface AppOptions {
  /** The agents to serve, from `loadAgents` or `defineAgents`. */
  agents: Agents;
  /** What the bindings call, such as a {@link TaskBridge}. */
  operations: TaskOperations;
  /** Gets a line for each request. */
  logger: Logger;
  /** URL under which clients reach the root; without it, cards show the host that the request was sent to. */
  publicUrl?: string | undefined;
  /** Where the agents are served over gRPC too, for the cards. */
  grpc?: GrpcPlace | undefined;
  /** Largest request body; 10 MiB unless set. */
  maxBodyBytes?: number;
  /** Origins whose pages may call the API, such as `https://app.example.com`; `*` for all, none unless set. */
  corsOrigins?: readonly string[];
  /** Throws when the server cannot do its work, as when Temporal is away; asked by `/readyz`. */
  health?: () => Promise<unknown>;
  /** Tells who calls; by the `authentication` of the agents unless set. */
  authenticate?: Authenticate;
  /** Takes the push notifications of agents that workflows have called. */
  callbacks?: Pick<CallbackInbox, 'receive'> | undefined;
  /** Public keys with which receivers verify push notifications, served at `/.well-known/jwks.json`. */
  jwks?: { keys: object[] } | undefined;
  /**
   * Signs agent cards; its public keys are served with `jwks`. From `createCardSigner`. Without `publicUrl` it signs
   * cards of whatever host a request names, so others should not reach the server then.
   */
  cardSigner?: CardSigner | undefined;
  /** Decodes payloads for Temporal's UI and command line, at `/codec/decode` and `/codec/encode`; off unless set. */
  codecServer?: CodecServer | undefined;
  /**
   * What each caller may do at this node, unless agents.yaml says otherwise: 1,000 open streams and no other limits unless
   * set. HTTP and gRPC count together when both are given the same CallQuotas.
   */
  quotas?: Limits | CallQuotas | undefined;
  /** The same as `quotas: { openStreams }`. */
  maxStreamsPerCaller?: number;
  /** Longest silence on a stream, in milliseconds; 3,000 unless set (clients give up after 5,000). */
  heartbeatMs?: number;
  /** How long a stream's client may leave what was sent unread, in milliseconds; 60,000 unless set. */
  stallMs?: number;
  /** Where requests are counted; by nobody unless set. */
  metrics?: Meter | undefined;
  /** Where requests are traced; by nobody unless set. */
  tracing?: Tracing | undefined;
  /** Gets a record of each operation, and of each request that was refused; nobody unless set (docs/operations.md). */
  audit?: Audit | undefined;
}

/** The HTTP side of the bridge, to be served by {@link startServer} or by any Node HTTP server. */
export interface App {
  callback(): (req: IncomingMessage, res: ServerResponse) => void;
  /**
   * For another Koa app: serves the app's paths below `prefix`, and leaves all others to the next middleware. It
   * goes before whatever reads bodies. Without a prefix, `/{any}/tasks` and the like are paths of ours too.
   */
  middleware(prefix?: string): Middleware;
  /** Ends all streams, cleanly, and lets no new one begin. */
  closeStreams(): void;
  /** Answers the calls that still wait: the server is shutting down. */
  failCalls(): void;
  readonly openStreams: number;
  readonly logger: Logger;
}

/**
 * Builds the app: the bindings, cards and health.
 * @throws ConfigError that names the API keys that are missing
 */
export function createApp(options: AppOptions): App {
  const { metrics = NO_METER, tracing = NO_TRACING } = options;
  const quotas = callQuotas(options, metrics);
  const streams = new OpenStreams(quotas);
  const stopMeter = metrics.gauge('a2a_open_streams', () => [
    { labels: { binding: 'HTTP' }, value: streams.size },
  ]);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const agents = AgentSet.of(options.agents);
  const authenticator = givenOrOwn(agents, options);
  const services: Services = {
    agents: new AgentDirectory(agents, options.operations),
    operations: options.operations,
    quotas,
    streams,
    logger: options.logger,
    metrics,
    tracing,
    audit: options.audit,
    publicUrl: options.publicUrl,
    grpc: options.grpc,
    maxBodyBytes: options.maxBodyBytes ?? 10 * 1024 * 1024,
    callbacks: options.callbacks,
    jwks: { keys: publicKeys(options) },
    cardSigner: options.cardSigner,
    codecServer: options.codecServer,
    heartbeatMs: options.heartbeatMs ?? 3000,
    stallMs: options.stallMs ?? 60_000,
    stopping: stopping.signal,
    health: options.health ?? (async () => undefined),
    authenticate: authenticator.authenticate,
  };
  const koa = new StreamingKoa();
  // A client that goes away in the middle of an answer comes here; the answer is lost with it.
  koa.on('error', (error) => options.logger.debug({ err: error }, 'response not delivered'));
  const router = createRouter(services);
  const { corsOrigins = [] } = options;
  if (corsOrigins.length > 0) koa.use(allowOrigins(corsOrigins));
  koa.use((ctx, next) => serveRequest(services, ctx, next));
  koa.use(router.routes());
  return {
    callback: () => koa.callback(),
    middleware: (prefix = '') =>
      mount(router, prefix.replace(/\/+$/, ''), (ctx, next) => serveRequest(services, ctx, next)),
    closeStreams: () => streams.close(),
    failCalls: () => {
      stopping.abort(shuttingDown());
      stopMeter();
      authenticator.end();
    },
    get openStreams() {
      return streams.size;
    },
    logger: options.logger,
  };
}

/** Each key once: notifications and cards may be signed by the same. */
function publicKeys({ jwks, cardSigner }: AppOptions): object[] {
  const keys: { kid?: unknown }[] = [...(jwks?.keys ?? []), ...(cardSigner?.jwks.keys ?? [])];
  return keys.filter(({ kid }, index) => {
    return kid === undefined || keys.findIndex((other) => other.kid === kid) === index;
  });
}

/** Around every request: its ID, its line in the log, and the one exit for errors. */
async function serveRequest(services: Services, ctx: Context, next: () => Promise<void>): Promise<void> {
  const started = performance.now();
  const { method, res, url } = ctx;
  const isProbe = url === '/healthz' || url === '/readyz';
  const context = beginRequest(ctx, services.logger, {
    tracing: isProbe ? NO_TRACING : services.tracing,
    audits: services.audit !== undefined,
  });
  const served: Served = { method, path: url.split('?', 1)[0]?.slice(0, 500), isProbe, res };
  // What an agent says is never a script or a page, whatever is in it, and for its caller alone.
  ctx.set({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' });
  let reason: ErrorReason | undefined;
  try {
    await context.span.run(() => serve(services, ctx, next));
  } catch (error) {
    reason = answerError(ctx, context, error);
  }
  const end = () => tellEnd(services, served, context, { reason, started });
  const { ending } = context;
  if (ending === undefined || ending.hasEnded || reason !== undefined) end();
  else ending.onEnd = end;
}

async function serve(services: Services, ctx: Context, next: () => Promise<void>): Promise<void> {
  checkPath(ctx);
  await next();
  if (ctx.status === 404 && ctx.body === undefined && ctx.respond !== false) {
    await answerUnserved(services, ctx);
  }
}

/** What is told of a request at its end, without all that Koa knows of it: with a stream that may be hours later. */
interface Served {
  method: string;
  path: string | undefined;
  isProbe: boolean;
  res: ServerResponse;
}

/** Counts a request that has come to its end, logs it, and ends its span. */
function tellEnd(
  services: Services,
  { method, path, isProbe, res }: Served,
  context: RequestContext,
  { reason, started }: { reason: ErrorReason | undefined; started: number },
): void {
  // That Temporal is away is told once, not by each probe.
  const level = isProbe ? 'debug' : 'info';
  // Nobody was told the status and the error that such a call came to.
  const gone = res.destroyed && !res.headersSent;
  const milliseconds = performance.now() - started;
  const ended = endedRequest(context, res.destroyed ? 'CLIENT_GONE' : reason, milliseconds);
  const status = gone ? undefined : res.statusCode;
  if (!isProbe) meterRequest(services.metrics, ended);
  context.log[level]({ ...requestLine(ended), method, path, status }, 'request');
  const { requestId, span } = context;
  auditRequest(services, ended, { milliseconds, requestId, traceId: span.ids.trace_id });
  context.span.set({ 'url.path': path, 'http.response.status_code': status });
  endSpan(context.span, ended, method);
}

/**
 * OPTIONS, on a path that is served.
 * @throws BridgeError METHOD_NOT_ALLOWED on such a path, NOT_FOUND on any other; before, below an agent's path,
 * UNAUTHENTICATED for those who may not call it
 */
async function answerUnserved(services: Services, ctx: Context): Promise<void> {
  const agentId = /^\/a2a\/([^/:]+)/.exec(ctx.path)?.[1];
  if (agentId !== undefined && ctx.method !== 'OPTIONS') {
    await admit(services, ctx, { agentId: decodeURIComponent(agentId) });
  }
  const { matched } = ctx as Context & Pick<RouterContext, 'matched'>;
  const methods = new Set(matched?.flatMap((layer) => layer.methods));
  const allow = [...methods].sort().join(', ');
  if (methods.size === 0) {
    throw new BridgeError('NOT_FOUND', `Nothing is served at ${describe(ctx.path)}`);
  }
  if (ctx.method !== 'OPTIONS') {
    const message = `${ctx.method} is not allowed on this path: use ${allow}`;
    throw new BridgeError('METHOD_NOT_ALLOWED', message, { headers: { Allow: allow } });
  }
  ctx.status = 204;
  ctx.set('Allow', allow);
}

/** Errors of the HTTP layer, whose status counts for JSON-RPC, too: clients and proxies act on it. */
const HTTP_ERRORS: readonly ErrorReason[] = [
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'METHOD_NOT_ALLOWED',
  'RESOURCE_EXHAUSTED',
];

/**
 * Writes an error in the request's binding, unless an answer has begun. JSON-RPC clients read the error from
 * the body of a 200 and drop the body of anything else, so UNAVAILABLE is a 200 there too, with Retry-After; not where
 * they have asked for a stream, which would then look as if it had begun.
 */
function answerError(ctx: Context, context: RequestContext, error: unknown): ErrorReason {
  const wire = toWireError(error);
  if (wire.unexpected && ctx.res.destroyed) context.log.debug({ err: error }, 'client disconnected');
  else if (wire.unexpected) context.log.error({ err: error }, 'unexpected error');
  else if (wire.failure) context.log.warn({ err: error }, wire.message);
  else if (wire.httpStatus === 401 || wire.httpStatus === 403) logRefusal(context.log, error);
  if (ctx.headerSent || !ctx.writable) return wire.reason;
  ctx.set(wire.headers);
  const { binding, streams = false } = context;
  if (binding.kind === 'json-rpc') {
    const isHttp = HTTP_ERRORS.includes(wire.reason) || (streams && wire.reason === 'UNAVAILABLE');
    ctx.status = isHttp ? wire.httpStatus : 200;
    const body = JSON.stringify(jsonRpcErrorBody(wire, binding.id));
    // SDKs before 1.0 do not show what comes otherwise when they have asked for a stream.
    const asEvent = binding.version !== undefined && binding.version !== '1.0' && acceptsOnlyEvents(ctx);
    ctx.body = asEvent ? `data: ${body}\n\n` : body;
    ctx.set('Content-Type', asEvent ? 'text/event-stream' : 'application/json');
  } else {
    ctx.status = wire.httpStatus;
    ctx.body = JSON.stringify((binding.version ?? '1.0') === '1.0' ? statusBody(wire) : plainError(wire));
    ctx.set('Content-Type', restContentType(ctx));
  }
  return wire.reason;
}

function acceptsOnlyEvents(ctx: Context): boolean {
  const types = ctx.get('Accept').split(',');
  return types.every((type) => type.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');
}
