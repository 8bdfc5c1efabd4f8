import type { ModelActivities } from '../../a2a/model-call';
import type { AgentConfig } from '../../config/agents';
import { callModel } from './call-model';
import { createDescribeTools, type DescribeRemoteAgent } from './describe-tools';
import { recallContext } from './recall-context';

export interface ModelActivityOptions {
  /** Agents that a model may call by their ID. */
  agents: readonly AgentConfig[];
  describeRemoteAgent?: DescribeRemoteAgent;
}

/** The activities of the workflow `model`. */
export function createModelActivities(options: ModelActivityOptions): ModelActivities {
  return {
    callModel,
    describeTools: createDescribeTools(options.agents, options.describeRemoteAgent),
    recallContext,
  };
}
