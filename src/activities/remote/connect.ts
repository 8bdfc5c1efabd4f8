import type { RemoteAgent } from '../../contract/agent-call';
import type { OutboundClient, TlsIdentity } from '../../outbound/outbound-client';
import type { CardCache } from './card/card-cache';
import { chooseInterface, type RemoteCard, type RemoteInterface, type WireVersion } from './card/remote-card';
import {
  assertEncrypted,
  authenticate,
  type Credentials,
  readTls,
  undeclaredHeaders,
} from './credentials/authentication';
import type { OAuthTokens } from './credentials/oauth-tokens';
import type { Secrets } from './credentials/secrets';
import { AgentConnection } from './wire/agent-connection';
import { GrpcClient } from './wire/grpc-client';
import type { GrpcConnections } from './wire/grpc-connections';
import { JsonRpcClient } from './wire/json-rpc-client';
import { ProbingClient } from './wire/probing-client';
import type { RemoteClient, RemoteLimits } from './wire/remote-client';
import { RestClient } from './wire/rest-client';

/** What all calls of a process share. */
export interface RemoteAgents {
  http: OutboundClient;
  cards: CardCache;
  tokens: OAuthTokens;
  grpc: GrpcConnections;
  limits: RemoteLimits;
}

export interface Connected {
  client: RemoteClient;
  streaming: boolean;
  /** Of the card. */
  name: string;
  at: RemoteInterface;
  /** Whether the card offers push notifications, in a version whose config we can write. */
  push: boolean;
}

/**
 * The card of an agent; one that is not open is asked for with the credentials.
 * @throws RemoteFault; OutboundError
 */
export function cardOf(
  { url, credentials = [], requireSignature = false }: RemoteAgent,
  { cards, tokens, secrets, tls }: CardTools,
): Promise<RemoteCard> {
  return cards.get(url, {
    requireSignature,
    ...(tls !== undefined && { tls }),
    credentials: {
      key: JSON.stringify(credentials),
      headers: () => undeclaredHeaders(credentials, secrets, tokens, url),
    },
  });
}

interface CardTools extends Pick<RemoteAgents, 'cards' | 'tokens'> {
  secrets: Secrets;
  tls: TlsIdentity | undefined;
}

/**
 * Everything up to the first request: card, signature, interface, credentials.
 * @param version what an earlier attempt found out
 * @throws RemoteFault; OutboundError
 */
export async function connect(
  agents: RemoteAgents,
  agent: RemoteAgent,
  secrets: Secrets,
  signal: AbortSignal,
  version?: WireVersion,
): Promise<Connected> {
  const { http, cards, tokens } = agents;
  const refs = agent.credentials ?? [];
  const tls = await readTls(refs, secrets);
  const card = await cardOf(agent, { cards, tokens, secrets, tls });
  signal.throwIfAborted();
  const at = chooseInterface(card, agent.bindings);
  let current: Promise<Credentials> | undefined;
  const credentials = async (again: boolean): Promise<Credentials> => {
    if (again && current !== undefined) {
      for (const token of (await current).tokens) tokens.forget(token);
      current = undefined;
    }
    // Tokens expire while a task runs.
    if (current === undefined || (await current).tokens.length > 0) {
      current = authenticate(card.security, refs, secrets, tokens, { tls, cardUrl: agent.url });
    }
    return await current;
  };
  // Before anything is sent: a call without credentials is not worth a request.
  const { headers, query } = await credentials(false);
  if (Object.keys({ ...headers, ...query }).length > 0) assertEncrypted(agent.url, at.url, 'the interface');
  const connection = new AgentConnection({ http, credentials, ...(tls !== undefined && { tls }) });
  const spoken = at.version === '0.2 or 0.3' ? (version ?? at.version) : at.version;
  const secure = agent.url.startsWith('https:');
  return {
    client: clientFor({ ...at, version: spoken }, connection, agents, { tls, secure }),
    name: card.name,
    at,
    streaming: card.streaming,
    push: card.pushNotifications && spoken === '1.0',
  };
}

function clientFor(
  at: RemoteInterface,
  connection: AgentConnection,
  { limits, grpc }: RemoteAgents,
  { tls, secure }: { tls: TlsIdentity | undefined; secure: boolean },
): RemoteClient {
  const { url, binding, version, tenant } = at;
  if (binding === 'GRPC') return new GrpcClient({ at, connection, limits, grpc, tls, secure });
  const options = { url, connection, limits, ...(tenant !== undefined && { tenant }) };
  if (binding === 'HTTP+JSON') return new RestClient(version === '1.0' ? '1.0' : '0.3', options);
  if (version !== '0.2 or 0.3') return new JsonRpcClient(version, options);
  return new ProbingClient(new JsonRpcClient('0.3', options), new JsonRpcClient('0.2', options));
}
