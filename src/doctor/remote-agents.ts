import { CardCache } from '../activities/remote/card/card-cache';
import { cardOf, connect } from '../activities/remote/connect';
import { readTls } from '../activities/remote/credentials/authentication';
import { OAuthTokens } from '../activities/remote/credentials/oauth-tokens';
import { Secrets } from '../activities/remote/credentials/secrets';
import { type FaultType, toFault } from '../activities/remote/fault';
import { GrpcConnections } from '../activities/remote/wire/grpc-connections';
import { REMOTE_LIMITS } from '../activities/remote/wire/remote-client';
import type { RemoteAgent } from '../contract/agent-call';
import { OutboundClient } from '../outbound/outbound-client';
import { shownUrl } from '../outbound/outbound-url';
import { error, type Finding, ok } from './finding';

const REMEDIES: Partial<Record<FaultType, string>> = {
  A2A_REMOTE_REFUSED: 'allow its address with OUTBOUND_ALLOW, or correct the URL',
  A2A_REMOTE_UNREACHABLE: 'start the agent, or correct the URL',
  A2A_REMOTE_TIMEOUT: 'look why the agent is slow, or correct the URL',
  A2A_REMOTE_UNAUTHORIZED: 'give credentials: for the agent in agents.yaml that are accepted',
  A2A_REMOTE_CREDENTIALS: 'give credentials: for the agent in agents.yaml that fit its card',
  A2A_REMOTE_BAD_CARD: "correct the URL, or the agent's card",
};

/** Everything up to the first request of a call: the card, its signature, an interface, the credentials. */
export async function checkRemoteAgents(
  agents: readonly RemoteAgent[],
  { outboundAllow, env }: { outboundAllow: readonly string[]; env: NodeJS.ProcessEnv },
): Promise<Finding[]> {
  const http = new OutboundClient({ allow: outboundAllow });
  const tools = { http, cards: new CardCache(http), tokens: new OAuthTokens(http) };
  const remote = { ...tools, grpc: new GrpcConnections(http.guard), limits: REMOTE_LIMITS };
  return Promise.all(
    agents.map(async (agent) => {
      const about = `remote agent ${shownUrl(agent.url)}`;
      const secrets = new Secrets(env);
      try {
        const tls = await readTls(agent.credentials ?? [], secrets);
        const { name, interfaces } = await cardOf(agent, { ...tools, secrets, tls });
        await connect(remote, agent, secrets, AbortSignal.timeout(30_000));
        const offers = interfaces.map(({ binding, version }) => `${binding} ${version}`).join(', ');
        return ok(about, `${JSON.stringify(name)} offers ${offers}`);
      } catch (cause) {
        const { type, message } = toFault(cause, 'getting its card');
        const remedy = REMEDIES[type] ?? 'look at what the agent answers';
        return error(about, secrets.redact(`it ${message}`), remedy);
      }
    }),
  );
}
