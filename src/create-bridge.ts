import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerCallContext } from '@a2a-js/sdk/server' with { 'resolution-mode': 'import' };
import type { Server as GrpcServer } from '@grpc/grpc-js';
import type { Client } from '@temporalio/client';
import type { Middleware } from 'koa';
import { pino } from 'pino';
import { BridgeError } from './a2a/errors';
import type { AgentInterface } from './a2a/types';
import { agentCard, extendedAgentCard } from './api/agent-card';
import { offeredAgents } from './api/agent-directory';
import { type AppOptions, createApp } from './api/app';
import { callQuotas } from './api/quotas';
import { type RunningServer, startServer } from './api/server';
import { givenOrOwn } from './auth/authenticator';
import { TaskBridge, type TaskBridgeOptions } from './bridge/bridge';
import { JWKS_PATH } from './bridge/push-signer';
import { BridgeRequestHandler } from './bridge/request-handler';
import type { TaskOperations } from './bridge/types';
import { type Agents, AgentSet } from './config/agent-set';
import type { AgentConfig } from './config/agents';
import { exposure } from './config/exposure';
import type { Limits } from './config/quotas';
import { preloadApiKeys } from './config/secret-ref';
import {
  type AddedServices,
  addGrpcServices,
  type GrpcListenOptions,
  type GrpcOptions,
  type RunningGrpcServer,
  startGrpcServer,
} from './grpc/server';
import { NO_METER } from './metrics/meter';
import { availabilityOf } from './temporal/availability';
import { ensureSearchAttributes } from './temporal/search-attributes';

/** See {@link createBridge}. */
export interface BridgeOptions
  extends Omit<TaskBridgeOptions, 'client' | 'availability' | 'logger' | 'quotas'>,
    Omit<AppOptions, 'agents' | 'operations' | 'logger' | 'quotas'> {
  /** Connected to the namespace whose workflows are the agents; the caller closes its connection. */
  client: Client;
  /** From `loadAgents`, `watchAgents` or `defineAgents`. */
  agents: Agents;
  /**
   * What each caller may do, unless the agents' own quotas say otherwise: 1,000 open streams and no other limits unless
   * set (docs/quotas.md).
   */
  quotas?: Limits;
  /** A pino logger; nothing is logged without one. */
  logger?: AppOptions['logger'];
  /**
   * Whether to make sure first that the search attributes of the contract exist (docs/contract.md); true unless
   * set. It needs the right to list them, and to add them when they are missing.
   */
  ensureSearchAttributes?: boolean;
}

/** Where a bridge listens by itself. */
export interface ListenOptions {
  /** 127.0.0.1 unless set. */
  host?: string;
  /** 4000 unless set; 0 for any free one. */
  port?: number;
  /** Listen on addresses that other machines can reach although agents have no authentication. */
  allowAnonymous?: boolean;
}

/** Where a bridge listens for gRPC by itself: 127.0.0.1:4001 unless set. */
export interface ListenGrpcOptions extends Partial<GrpcListenOptions> {
  /** See {@link ListenOptions}. */
  allowAnonymous?: boolean;
}

/** How one agent is offered by a server that is built on the official SDK. */
export interface RequestHandlerOptions {
  /** The default agent unless set. */
  agentId?: string;
  /** URL at which that server offers the agent over JSON-RPC and HTTP+JSON. */
  url: string;
  /** What the card lists instead, when the bindings have URLs of their own or there are others. */
  interfaces?: AgentInterface[];
  /** See BridgeRequestHandlerOptions. */
  owner?: (context: ServerCallContext) => string;
  /** See BridgeRequestHandlerOptions. */
  signal?: (context: ServerCallContext) => AbortSignal | undefined;
}

/** The agents of one Temporal namespace, ready to be served in whatever way suits. */
export interface Bridge {
  /** The agents as they are now. */
  readonly agents: readonly AgentConfig[];
  /**
   * Serves these agents from now on, in place of those that there are; calls that run and tasks keep what they began
   * with. Agents from `watchAgents` are replaced as their file changes, without it.
   * @throws ConfigError as `createBridge` and `listen` do; nothing has changed then
   */
  reload(agents: readonly AgentConfig[]): void;
  /** The operations of A2A as functions. */
  readonly operations: TaskOperations;
  /**
   * Serves on a port of its own.
   * @throws ConfigError when others could reach it and nothing authenticates them; the error of `listen`
   */
  listen(options?: ListenOptions): Promise<RunningServer>;
  /**
   * Serves gRPC on a port of its own, with reflection and health. Cards list it when the option `grpc` tells where
   * it is.
   * @throws ConfigError when others could reach it and nothing authenticates them; the error of `listen`
   */
  listenGrpc(options?: ListenGrpcOptions): Promise<RunningGrpcServer>;
  /** Adds the services of A2A 1.0 and 0.3 to a server of grpc-js, whose own options hold for them. */
  addToGrpcServer(server: GrpcServer): AddedServices;
  /** For any Node HTTP server, as in `http.createServer(bridge.callback())`. */
  callback(): (req: IncomingMessage, res: ServerResponse) => void;
  /**
   * For an existing Koa app, before whatever reads bodies: `app.use(bridge.middleware('/agents'))`. Serves the
   * paths below the prefix that are its own and leaves all others to the next middleware.
   */
  middleware(prefix?: string): Middleware;
  /**
   * One agent for a server that is built on the official SDK (Express, gRPC): an `A2ARequestHandler`. Once the agent has
   * been removed by a reload, its calls are errors.
   * @throws RangeError when there is no such agent
   */
  requestHandler(options: RequestHandlerOptions): BridgeRequestHandler;
  /** Ends all streams and stops listening. The client and its connection stay open. */
  close(): Promise<void>;
}

/**
 * Makes agents of workflows.
 *
 * ```ts
 * const { client } = await connectTemporal(readTemporalTarget(process.env));
 * const bridge = await createBridge({ client, agents: loadAgents('agents.yaml') });
 * const { url } = await bridge.listen({ port: 4000 });
 * ```
 *
 * @throws ConfigError that names the API keys that are missing; an Error that names the search attributes that are
 * missing or of the wrong type; what the client throws when Temporal cannot be reached
 */
export async function createBridge(options: BridgeOptions): Promise<Bridge> {
  await preloadApiKeys(AgentSet.of(options.agents).current);
  await prepareTemporal(options);
  return buildBridge(options);
}

/** Everything that takes asking Temporal. */
export async function prepareTemporal({ client, ...options }: BridgeOptions): Promise<void> {
  const { namespace } = client.options;
  if (options.ensureSearchAttributes !== false) await ensureSearchAttributes(client.connection, namespace);
}

/** Everything else. @throws ConfigError that names the API keys that are missing */
export function buildBridge(options: BridgeOptions): Bridge {
  const { logger = pino({ level: 'silent' }) } = options;
  const availability = availabilityOf(options.client, { logger });
  const operations = new TaskBridge({ ...options, availability });
  const agents = AgentSet.of(options.agents);
  const { authenticate, end } = givenOrOwn(agents, { authenticate: options.authenticate, logger });
  if (options.logger !== undefined) operations.watchWorkers(agents);
  if (options.metrics !== undefined) operations.meterNamespace(agents);
  const offered = agents.view((all) => offeredAgents(all, operations));
  const health = () => operations.checkHealth();
  const quotas = callQuotas(options, options.metrics ?? NO_METER);
  const app = createApp({ health, ...options, quotas, agents, authenticate, operations, logger });
  const servers: { close(): Promise<void> }[] = [];
  const grpcOptions: GrpcOptions = {
    health,
    ...options,
    quotas,
    agents,
    authenticate,
    operations,
    logger,
    url: () => options.publicUrl ?? 'http://localhost',
    grpcUrl: options.grpc?.url,
  };
  /** Listens, and keeps out agents that must not be reached there for as long as it does. */
  const listenAt = async <Server extends { close(graceMs?: number): Promise<void> }>(
    { host, allowAnonymous }: { host: string; allowAnonymous: boolean },
    start: (names: () => readonly string[] | undefined) => Promise<Server>,
  ): Promise<Server> => {
    const safe = exposure(agents, {
      host,
      allowAnonymous: allowAnonymous || options.authenticate !== undefined,
      publicUrl: options.publicUrl,
    });
    try {
      const server = await start(() => safe.now);
      const close = (graceMs?: number) => {
        safe.end();
        return server.close(graceMs);
      };
      const running = { ...server, close };
      servers.push(running);
      return running;
    } catch (error) {
      safe.end();
      throw error;
    }
  };
  return {
    get agents() {
      return offered();
    },
    reload: (next) => agents.replace(next),
    operations,
    listen: ({ host = '127.0.0.1', port = 4000, allowAnonymous = false } = {}) =>
      listenAt({ host, allowAnonymous }, (names) => startServer(app, { host, port, names })),
    listenGrpc: ({ host = '127.0.0.1', port = 4001, tls, allowAnonymous = false } = {}) =>
      listenAt({ host, allowAnonymous }, async () => {
        const server = await startGrpcServer(grpcOptions, { host, port, tls });
        availability.onChange((isAway) => server.setServing(!isAway));
        return server;
      }),
    addToGrpcServer: (server) => {
      const added = addGrpcServices(server, grpcOptions);
      servers.push(added);
      return added;
    },
    callback: () => app.callback(),
    middleware: (prefix) => app.middleware(prefix),
    requestHandler: ({ agentId, url, interfaces, owner, signal }) => {
      const meant = (agent: AgentConfig) => (agentId === undefined ? agent.default : agent.id === agentId);
      const missing = agentId === undefined ? 'There is no default agent' : `There is no agent ${agentId}`;
      if (!offered().some(meant)) throw new RangeError(missing);
      const { cardSigner, publicUrl } = options;
      const jwksUrl = publicUrl && `${publicUrl.replace(/\/+$/, '')}${JWKS_PATH}`;
      const at = (card: ReturnType<typeof agentCard>) => ({
        ...card,
        ...(interfaces && { supportedInterfaces: interfaces }),
      });
      const now = agents.view(() => {
        const agent = offered().find(meant);
        if (agent === undefined) throw new BridgeError('NOT_FOUND', missing);
        const card = at(agentCard(agent, url));
        return { agent, card, extendedCard: agent.extendedCard && at(extendedAgentCard(agent, url)) };
      });
      return new BridgeRequestHandler({
        operations,
        get agent() {
          return now().agent;
        },
        get card() {
          return now().card;
        },
        get extendedCard() {
          return now().extendedCard;
        },
        ...(cardSigner !== undefined && { signCard: (card) => cardSigner.sign(card, jwksUrl) }),
        owner,
        signal,
      });
    },
    close: async () => {
      app.closeStreams();
      await Promise.all(servers.map((server) => server.close()));
      // Those that came through a server of somebody else, which goes on.
      app.failCalls();
      end();
      operations.close();
      availability.close();
    },
  };
}
