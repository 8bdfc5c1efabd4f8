import type { AgentConfig } from '../../config/agents';
import type { ModelActivities } from '../../contract/model-call';
import type { RemoteOptions } from '../remote/call-remote-agent';
import { createCallModel } from './call-model';
import { createDescribeRemoteAgent } from './describe-remote-agent';
import { createDescribeTools } from './describe-tools';
import { recallContext } from './recall-context';

export interface ModelActivityOptions {
  /** Agents that a model may call by their ID. */
  agents: readonly AgentConfig[];
  /** How remote agents are reached. */
  remote?: RemoteOptions;
}

/** The activities of the workflow `model`. */
export function createModelActivities(options: ModelActivityOptions): ModelActivities {
  return {
    callModel: createCallModel(options.remote?.metrics),
    describeTools: createDescribeTools(options.agents, createDescribeRemoteAgent(options.remote)),
    recallContext,
  };
}
