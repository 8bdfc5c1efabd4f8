import { z } from 'zod';
import { type AgentConfig, agent } from './agents';
import { authentication } from './authentication';
import { withCalledAgents } from './called-agents';
import { fileQuotas } from './quotas';

/** The whole of `agents.yaml`; `agents.schema.json` is made from it. */
export const agentsFile = z
  .strictObject({
    authentication: authentication
      .optional()
      .describe('Who may call the agents, except those with an authentication of their own'),
    quotas: fileQuotas.optional().describe('How much callers may do at all agents together'),
    agents: z.array(agent).min(1).describe('The agents'),
  })
  .transform(({ authentication: ofAll, quotas, agents }) => ({
    agents: withCalledAgents(
      agents.map(
        (each): AgentConfig => ({
          ...each,
          ...(ofAll !== undefined && { authentication: each.authentication ?? ofAll }),
          ...(quotas !== undefined && { callerQuotas: quotas }),
        }),
      ),
    ),
  }));
