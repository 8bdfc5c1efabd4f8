import type { Client } from '@temporalio/client';
import type Koa from 'koa';
import type { AgentInput } from './config/agents';
import { type Bridge, type BridgeOptions, buildBridge, prepareTemporal } from './create-bridge';
import { defineAgents } from './define-agents';

/** How a bridge is mounted. */
export interface MountOptions {
  /** Connected to the namespace of the workflows; the caller closes its connection. */
  client: Client;
  /** Path below which everything is served; the root unless set. */
  prefix?: string;
  /**
   * Name of the environment variable with the key that callers send, as bearer token or as `X-Api-Key`; at least 16
   * characters. Agents with an `authentication` of their own keep that. Without either, everybody may call.
   */
  apiKeyEnv?: string;
  /** Everything else that createBridge takes. */
  bridge?: Omit<BridgeOptions, 'client' | 'agents'>;
}

/** One agent, as in agents.yaml, or several. */
export type A2AConfig = MountOptions &
  (
    | (Omit<AgentInput, 'id' | 'default'> & {
        /** Of the agent; made of its name unless set. Tasks belong to it, so it should stay the same. */
        id?: string;
      })
    | { agents: readonly AgentInput[] }
  );

/**
 * Makes workflows agents of an existing Koa app, in one call: cards at `/.well-known/agent-card.json`, JSON-RPC at
 * `/_agent-native/a2a`, `/a2a` and `/`, and every other way in that a bridge has. Call it before whatever reads bodies;
 * the app's other paths stay its own.
 *
 * ```ts
 * mountA2A(app, {
 *   client,
 *   name: 'Analytics Agent',
 *   description: 'Queries analytics data across providers',
 *   skills: [{ id: 'query-data', name: 'Query Data', description: 'Run analytics queries' }],
 *   workflow: { type: 'analytics', taskQueue: 'analytics' },
 *   apiKeyEnv: 'A2A_API_KEY',
 *   streaming: true,
 * });
 * ```
 *
 * It is mounted when the call returns; the promise tells when Temporal is known to be ready.
 *
 * @throws what createBridge throws; ConfigError for what is wrong with the agents
 */
export async function mountA2A(app: Koa, config: A2AConfig): Promise<Bridge> {
  const { client, prefix = '', apiKeyEnv, bridge: more, ...agents } = config;
  const options = { ...more, client, agents: defineAgents(readAgents(agents, apiKeyEnv)) };
  const bridge = buildBridge(options);
  app.use(bridge.middleware(prefix));
  await prepareTemporal(options);
  return bridge;
}

function readAgents(
  config: { agents: readonly AgentInput[] } | (Omit<AgentInput, 'id'> & { id?: string }),
  apiKeyEnv: string | undefined,
): AgentInput[] {
  const agents = 'agents' in config ? config.agents : [{ id: idOf(config.name), ...config, default: true }];
  if (apiKeyEnv === undefined) return [...agents];
  const authentication = { apiKeys: [{ owner: 'api-key', values: [`env:${apiKeyEnv}`] }] };
  return agents.map((agent) => ({ authentication, ...agent }));
}

/** "Analytics Agent" is analytics-agent. */
function idOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63);
}
