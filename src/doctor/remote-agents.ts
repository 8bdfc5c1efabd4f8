import { isIP } from 'node:net';
import { CardCache } from '../activities/remote/card/card-cache';
import { cardOf, connect } from '../activities/remote/connect';
import { readTls } from '../activities/remote/credentials/authentication';
import { OAuthTokens } from '../activities/remote/credentials/oauth-tokens';
import { Secrets } from '../activities/remote/credentials/secrets';
import { type FaultType, toFault } from '../activities/remote/fault';
import { GrpcConnections } from '../activities/remote/wire/grpc-connections';
import { REMOTE_LIMITS } from '../activities/remote/wire/remote-client';
import { OutboundClient } from '../outbound/outbound-client';
import { shownUrl } from '../outbound/outbound-url';
import type { CalledAgent } from './agents-file';
import { error, type Finding, ok, warning } from './finding';

const REMEDIES: Partial<Record<FaultType, string>> = {
  A2A_REMOTE_UNREACHABLE: 'start the agent, or correct the URL',
  A2A_REMOTE_TIMEOUT: 'look why the agent is slow, or correct the URL',
  A2A_REMOTE_UNAUTHORIZED: 'give credentials: for the agent in agents.yaml that are accepted',
  A2A_REMOTE_CREDENTIALS: 'give credentials: for the agent in agents.yaml that fit its card',
  A2A_REMOTE_BAD_CARD: "correct the URL, or the agent's card",
};

/**
 * Everything up to the first request of a call: the card, its signature, an interface, the credentials. An address that
 * nobody has allowed is a warning: it may be meant so, and this process may have other settings than the workers.
 */
export async function checkRemoteAgents(
  called: readonly CalledAgent[],
  { outboundAllow, env }: { outboundAllow: readonly string[]; env: NodeJS.ProcessEnv },
): Promise<Finding[]> {
  const http = new OutboundClient({ allow: outboundAllow });
  const tools = { http, cards: new CardCache(http), tokens: new OAuthTokens(http) };
  const remote = { ...tools, grpc: new GrpcConnections(http.guard), limits: REMOTE_LIMITS };
  return Promise.all(
    called.map(async ({ agent, callers }) => {
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
        const names = callers.map((id) => JSON.stringify(id)).join(', ');
        const text = secrets.redact(`it ${message}; it is called by ${names}`);
        if (type === 'A2A_REMOTE_REFUSED') {
          const { hostname } = new URL(agent.url);
          const allow =
            isIP(hostname) === 4 ? `OUTBOUND_ALLOW=${hostname}` : 'OUTBOUND_ALLOW with its address';
          return warning(about, text, `set ${allow} where the workers run, or correct the URL`);
        }
        return error(about, text, REMEDIES[type] ?? 'look at what the agent answers');
      }
    }),
  );
}
