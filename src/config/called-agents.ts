import type { JsonValue } from '../a2a/types';
import type { LocalWorkflow, ResolvedAgent } from '../contract/agent-call';
import type { AgentConfig } from './agents';
import { agentsCalledBy } from './chain';

/** How workflows call an agent of this bridge. */
export function resolvedAgent({
  id,
  workflow,
  definition,
}: AgentConfig): Extract<ResolvedAgent, { kind: 'local' }> {
  return {
    kind: 'local',
    agentId: id,
    workflow: workflow as LocalWorkflow,
    ...(definition !== undefined && { definition }),
  };
}

/**
 * The agents, each chain with the agents that its steps call, so that a task need not look them up. So are the
 * chains that it calls; one that calls itself through others, which `loadAgents` refuses, is left as it is.
 */
export function withCalledAgents(agents: readonly AgentConfig[]): AgentConfig[] {
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const complete = (agent: AgentConfig, callers: readonly string[]): AgentConfig => {
    const { id, definition } = agent;
    if (agent.workflow.type !== 'chain' || definition === undefined || callers.includes(id)) return agent;
    const { steps } = definition as { steps: JsonValue };
    const named = new Set(agentsCalledBy(steps).map((called) => called.id));
    const known = [...named].flatMap((called) => byId.get(called) ?? []);
    const resolved = known.map((called) => [called.id, resolvedAgent(complete(called, [...callers, id]))]);
    return { ...agent, definition: { ...(definition as object), agents: Object.fromEntries(resolved) } };
  };
  return agents.map((agent) => complete(agent, []));
}
