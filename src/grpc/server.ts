import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { Logger } from 'pino';
import { AgentDirectory } from '../api/agent-directory';
import type { CardSigner } from '../api/card-signer';
import { OpenStreams } from '../api/open-streams';
import { type CallQuotas, callQuotas } from '../api/quotas';
import type { Audit } from '../audit/audit';
import { givenOrOwn } from '../auth/authenticator';
import type { Authenticate } from '../auth/caller';
import type { TaskOperations } from '../bridge/types';
import { type Agents, AgentSet } from '../config/agent-set';
import type { Limits } from '../config/quotas';
import { type Meter, NO_METER } from '../metrics/meter';
import { NO_TRACING, type Tracing } from '../tracing/tracing';
import { GrpcHealth } from './health';
import { A2A_PACKAGES, LISTED_SERVICES } from './reflection';
import { RunningCalls } from './running-calls';
import { addA2AServices } from './service';
import type { GrpcTls } from './tls';

export interface GrpcOptions {
  agents: Agents;
  operations: TaskOperations;
  logger: Logger;
  /** Tells who calls; by the `authentication` of the agents unless set. */
  authenticate?: Authenticate | undefined;
  /** Root of the HTTP side, for the cards that calls answer with; asked when it is needed. */
  url?: () => string;
  /** The address for the same cards, as `host:port`; where it listens unless set. */
  grpcUrl?: string | undefined;
  /** Signs these cards. */
  cardSigner?: CardSigner | undefined;
  /** Throws when the server cannot do its work, as when Temporal is away; asked by Check of the health service. */
  health?: (() => Promise<unknown>) | undefined;
  /** Largest request; 10 MiB unless set. */
  maxBodyBytes?: number;
  /**
   * What each caller may do at this node, unless agents.yaml says otherwise: 1,000 open streams and no other limits unless
   * set. HTTP and gRPC count together when both are given the same CallQuotas.
   */
  quotas?: Limits | CallQuotas | undefined;
  /** The same as `quotas: { openStreams }`. */
  maxStreamsPerCaller?: number;
  /** How long a stream's client may leave what was sent unread, in milliseconds; 60,000 unless set. */
  stallMs?: number;
  /** Where calls are counted; by nobody unless set. */
  metrics?: Meter | undefined;
  /** Where calls are traced; by nobody unless set. */
  tracing?: Tracing | undefined;
  /** Gets a record of each call; nobody unless set. */
  audit?: Audit | undefined;
}

/** Where a gRPC server listens. */
export interface GrpcListenOptions {
  /** Address to listen on. */
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Without it, what is sent is not encrypted. */
  tls?: GrpcTls | undefined;
}

/** A gRPC server that listens. */
export interface RunningGrpcServer {
  /** Where it listens, as `host:port`. */
  address: string;
  port: number;
  /** Whether health says SERVING, as it does from the start. */
  setServing(serving: boolean): void;
  /**
   * Stops: no new calls, streams end with UNAVAILABLE, other calls get `graceMs` milliseconds, health says
   * NOT_SERVING meanwhile.
   */
  close(graceMs?: number): Promise<void>;
}

/** What a connection that has been told to go may take until it is cut, in milliseconds. */
const GOODBYE_MS = 500;

/** The services of A2A on a server of grpc-js that belongs to somebody else, who closes it after these. */
export interface AddedServices {
  /** Ends all streams and waits for other calls; see {@link RunningGrpcServer}. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Adds the A2A services of 1.0 and 0.3 to a server of grpc-js; its own options hold for them, such as the largest
 * message and TLS.
 */
export function addGrpcServices(server: Server, options: GrpcOptions): AddedServices {
  const calls = new RunningCalls();
  const { metrics = NO_METER, tracing = NO_TRACING } = options;
  const quotas = callQuotas(options, metrics);
  const streams = new OpenStreams(quotas);
  const stopMeter = metrics.gauge('a2a_open_streams', () => [
    { labels: { binding: 'GRPC' }, value: streams.size },
  ]);
  const agents = AgentSet.of(options.agents);
  const authenticator = givenOrOwn(agents, options);
  addA2AServices(server, {
    agents: new AgentDirectory(agents, options.operations),
    operations: options.operations,
    logger: options.logger,
    metrics,
    tracing,
    audit: options.audit,
    authenticate: authenticator.authenticate,
    calls,
    quotas,
    streams,
    stallMs: options.stallMs ?? 60_000,
    url: options.url ?? (() => 'http://localhost'),
    grpcUrl: () => options.grpcUrl,
    cardSigner: options.cardSigner,
  });
  return {
    close: async (graceMs = 5000) => {
      streams.close();
      await calls.drain(graceMs);
      stopMeter();
      authenticator.end();
    },
  };
}

/**
 * Serves A2A over gRPC, with server reflection and the standard health service.
 * @throws the error of `listen`, such as EADDRINUSE, with `port` and `address`
 */
export async function startGrpcServer(
  options: GrpcOptions,
  { host, port, tls }: GrpcListenOptions,
): Promise<RunningGrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxBodyBytes ?? 10 * 1024 * 1024,
    // Tasks may be larger than what made them.
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': 1000,
    // Finds clients that are gone without a word, and keeps idle proxies from closing a stream.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
  });
  const bound = { url: options.grpcUrl };
  const added = addGrpcServices(server, {
    ...options,
    get grpcUrl() {
      return bound.url;
    },
  });
  const health = new GrpcHealth(options.health);
  health.addToServer(server);
  new ReflectionService(A2A_PACKAGES, { services: [...LISTED_SERVICES] }).addToServer(server);

  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          tls.clientCa ?? null,
          [{ cert_chain: tls.cert, private_key: tls.key }],
          tls.clientCa !== undefined,
        );
  const authority = host.includes(':') ? `[${host}]` : host;
  const boundPort = await bind(server, authority, port, credentials);
  bound.url ??= `${authority}:${boundPort}`;
  const close = async (graceMs: number) => {
    health.setServing(false);
    const closed = new Promise<void>((resolve) => {
      server.tryShutdown(() => resolve());
    });
    await added.close(graceMs);
    // Watchers of health never go by themselves.
    const cut = setTimeout(() => server.forceShutdown(), GOODBYE_MS);
    await closed;
    clearTimeout(cut);
  };
  let closing: Promise<void> | undefined;
  return {
    setServing: (serving) => {
      if (closing === undefined) health.setServing(serving);
    },
    address: `${authority}:${boundPort}`,
    port: boundPort,
    close: (graceMs = 5000) => {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

/** Names what grpc-js says in a sentence. */
async function bind(
  server: Server,
  authority: string,
  port: number,
  credentials: ServerCredentials,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${authority}:${port}`, credentials, (error, boundPort) => {
      if (error === null) return resolve(boundPort);
      const unresolved = error.message.startsWith('Name resolution failed') ? 'ENOTFOUND' : undefined;
      const code = unresolved ?? /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1];
      reject(Object.assign(error, { port, address: authority, ...(code && { code }) }));
    });
  });
}
