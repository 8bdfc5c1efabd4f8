import type { AgentConfig } from '../config/agents';
import { taxRateFor } from './invoice';
import { createResolveAgent } from './resolve-agent';
import { tick } from './ticker';

export type Activities = ReturnType<typeof createActivities>;

export interface ActivityOptions {
  /** Agents that workflows may call by their ID. */
  agents?: readonly AgentConfig[];
}

/** What `callAgent()` needs, on every worker whose workflows call agents. */
export function createCallActivities({ agents = [] }: ActivityOptions = {}) {
  return { resolveAgent: createResolveAgent(agents) };
}

/** Every activity that the built-in worker runs. */
export function createActivities(options: ActivityOptions = {}) {
  return { ...createCallActivities(options), taxRateFor, tick };
}
