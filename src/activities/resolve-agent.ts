import type { AgentSet } from '../config/agent-set';
import { resolvedAgent } from '../config/called-agents';
import { isPlain, type ResolvedAgent } from '../contract/agent-call';
import { detailedFailure } from './detailed-failure';
import { encodesPayloads } from './encode-start';

/** Looks an agent up in what this worker was configured with, for workflows that call it by its ID. */
export function createResolveAgent(agents: AgentSet) {
  const byId = agents.view((all) => new Map(all.map((agent) => [agent.id, agent])));
  /** @throws ApplicationFailure, not retryable, when there is no such agent */
  return async function resolveAgent(agentId: string): Promise<ResolvedAgent> {
    const agent = byId().get(agentId);
    if (agent === undefined) {
      const known = [...byId().keys()].join(', ') || 'none';
      const message = `There is no agent ${JSON.stringify(agentId)} here`;
      throw detailedFailure(
        { message, type: 'A2A_NO_SUCH_AGENT', nonRetryable: true },
        `${message}; the worker's agents are: ${known}`,
      );
    }
    const resolved = resolvedAgent(agent);
    return isPlain(agent.workflow) && encodesPayloads() ? { ...resolved, encodesPayloads: true } : resolved;
  };
}
