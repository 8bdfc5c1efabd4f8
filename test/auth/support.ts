import { type AuthenticatorOptions, createAuthenticator } from '../../src/auth/authenticator';
import type { AgentConfig, AgentInput } from '../../src/config/agents';
import type { AuthenticationInput } from '../../src/config/authentication';
import { defineAgents } from '../../src/define-agents';

/** An agent that asks who calls as it is told to. */
export function agentWith(authentication?: AuthenticationInput, more: Partial<AgentInput> = {}): AgentConfig {
  const [agent] = defineAgents([
    {
      id: 'echo',
      default: true,
      name: 'Echo',
      description: 'Says it again',
      skills: [{ id: 'echo', name: 'Echo', description: 'Says it again' }],
      workflow: { type: 'echo' },
      ...(authentication !== undefined && { authentication }),
      ...more,
    },
  ]);
  if (agent === undefined) throw new Error('no agent');
  return agent;
}

/** What calling an agent with these headers comes to: the owner, or what was thrown. */
export function callerOf(
  agents: AgentConfig[],
  options: AuthenticatorOptions = {},
): (headers?: Record<string, string>, agent?: AgentConfig) => Promise<string> {
  const authenticate = createAuthenticator(agents, options);
  return async (headers = {}, ...agent) =>
    authenticate({
      header: (name) => headers[name] ?? '',
      agent: agent.length === 0 ? agents[0] : agent[0],
    });
}

export function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}
