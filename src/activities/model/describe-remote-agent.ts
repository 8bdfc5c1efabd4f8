import { z } from 'zod';
import type { RemoteAgent } from '../../contract/agent-call';
import { NO_TRACING } from '../../tracing/tracing';
import { OutboundClient } from '../../outbound/outbound-client';
import { shownUrl } from '../../outbound/outbound-url';
import type { RemoteOptions } from '../remote/call-remote-agent';
import { CardCache } from '../remote/card/card-cache';
import { cardOf } from '../remote/connect';
import { readTls } from '../remote/credentials/authentication';
import { OAuthTokens } from '../remote/credentials/oauth-tokens';
import { Secrets } from '../remote/credentials/secrets';
import { toFailure, toFault } from '../remote/fault';
import type { AgentDescription, DescribeRemoteAgent } from './describe-tools';

const description = z.looseObject({
  name: z.string(),
  description: z.string().catch(''),
  skills: z
    .array(
      z.looseObject({
        name: z.string(),
        description: z.string(),
        examples: z.array(z.string()).optional().catch(undefined),
      }),
    )
    .catch([]),
});

/** Reads what a remote agent says of itself, from its card; cards are kept as their headers allow. */
export function createDescribeRemoteAgent(options: RemoteOptions = {}): DescribeRemoteAgent {
  const { tracing = NO_TRACING } = options;
  const http = new OutboundClient({ allow: options.outboundAllow ?? [], trace: tracing.fields });
  const cards = new CardCache(http);
  const tokens = new OAuthTokens(http);
  /** @throws ApplicationFailure of a type in REMOTE_FAULTS */
  return async (agent: RemoteAgent): Promise<AgentDescription> => {
    const secrets = new Secrets(options.env);
    try {
      const tls = await readTls(agent.credentials ?? [], secrets);
      const { raw } = await cardOf(agent, { cards, tokens, secrets, tls });
      return description.parse(raw);
    } catch (error) {
      throw toFailure(toFault(error, 'reading its card'), shownUrl(agent.url), secrets.redact);
    }
  };
}
