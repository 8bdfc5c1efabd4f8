import type { AgentConfig, AgentInput } from './config/agents';
import type { AuthenticationInput } from './config/authentication';
import { ConfigError } from './config/config-error';
import { parseAgents } from './config/load-agents';
import type { CallerQuotas } from './config/quotas';

/**
 * Agents written in code instead of agents.yaml; the fields are the same.
 * @param common what goes for all of them, as at the top of the file
 * @throws ConfigError with one line a fault
 */
export function defineAgents(
  agents: readonly AgentInput[],
  common: { authentication?: AuthenticationInput; quotas?: CallerQuotas } = {},
): AgentConfig[] {
  const file = 'defineAgents';
  try {
    return parseAgents(JSON.stringify({ ...common, agents }), file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // There is no file, and all of it is one line.
    throw new ConfigError(error.faults.map((fault) => fault.replace(`${file}:1: `, '')));
  }
}
