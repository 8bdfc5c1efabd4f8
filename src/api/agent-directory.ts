import { BridgeError, InvalidParamsError } from '../a2a/errors';
import { describe } from '../a2a/proto-json';
import type { TaskOperations } from '../bridge/types';
import { type Agents, AgentSet } from '../config/agent-set';
import type { AgentConfig } from '../config/agents';

/** Where a request was sent: the agent of the path `/a2a/{agentId}`, and the tenant of the path or the request. */
export interface Address {
  agentId?: string | undefined;
  pathTenant?: string | undefined;
  /** As it came; nobody has checked it. */
  tenant?: unknown;
}

/** The agents that are served now, and which of them a request means. */
export class AgentDirectory {
  private readonly served: () => {
    all: readonly AgentConfig[];
    defaultAgent: AgentConfig | undefined;
    byId: ReadonlyMap<string, AgentConfig>;
  };

  /** @param operations whether these support push notifications, which the agents offer otherwise not */
  constructor(agents: Agents, operations: Pick<TaskOperations, 'supportsPush'>) {
    this.served = AgentSet.of(agents).view((configured) => {
      const all = offeredAgents(configured, operations).filter(({ versions }) => versions.length > 0);
      const byId = new Map(all.map((agent) => [agent.id, agent]));
      return { all, defaultAgent: all.find((agent) => agent.default), byId };
    });
  }

  get all(): readonly AgentConfig[] {
    return this.served().all;
  }

  get defaultAgent(): AgentConfig | undefined {
    return this.served().defaultAgent;
  }

  /**
   * On an agent's own path the tenant must be empty or that agent; at the root it chooses the agent, and the
   * default agent answers when it is empty.
   * @throws BridgeError NOT_FOUND when the path names no agent; InvalidParamsError when `tenant` does not
   */
  resolve({ agentId, pathTenant, tenant }: Address): AgentConfig {
    const named = this.named(agentId) ?? this.named(pathTenant);
    if (agentId !== undefined && pathTenant !== undefined && pathTenant !== agentId)
      throw noSuchAgent(pathTenant);
    if (tenant === undefined || tenant === null || tenant === '') {
      if (named !== undefined) return named;
      if (this.defaultAgent !== undefined) return this.defaultAgent;
      throw new BridgeError(
        'NOT_FOUND',
        'There is no default agent: GET /a2a lists the agents and their paths',
      );
    }
    const chosen = typeof tenant === 'string' ? this.served().byId.get(tenant) : undefined;
    if (chosen !== undefined && (named === undefined || named === chosen)) return chosen;
    const expected = named === undefined ? 'the ID of an agent' : `empty or ${describe(named.id)} here`;
    throw new InvalidParamsError([
      { field: 'tenant', description: `must be ${expected}, got ${describe(tenant)}` },
    ]);
  }

  /** The agent that the path alone names; undefined when it names none, or two. */
  atPath({ agentId, pathTenant }: Address): AgentConfig | undefined {
    if (agentId !== undefined && pathTenant !== undefined && agentId !== pathTenant) return undefined;
    return this.served().byId.get(agentId ?? pathTenant ?? '');
  }

  private named(id: string | undefined): AgentConfig | undefined {
    if (id === undefined) return undefined;
    const agent = this.served().byId.get(id);
    if (agent === undefined) throw noSuchAgent(id);
    return agent;
  }
}

/** The agents as their cards show them: without push notifications when there is no worker for them. */
export function offeredAgents(
  agents: readonly AgentConfig[],
  operations: Pick<TaskOperations, 'supportsPush'>,
): readonly AgentConfig[] {
  return operations.supportsPush ? agents : agents.map((agent) => ({ ...agent, pushNotifications: false }));
}

function noSuchAgent(id: string): BridgeError {
  return new BridgeError('NOT_FOUND', `There is no agent ${describe(id)} here: GET /a2a lists the agents`);
}
