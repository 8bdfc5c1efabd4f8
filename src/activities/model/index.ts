import type { Agents } from '../../config/agent-set';
import type { ModelActivities } from '../../contract/model-call';
import type { RemoteOptions } from '../remote/call-remote-agent';
import { createDescribeRemoteAgent } from './describe-remote-agent';
import { createDescribeTools } from './describe-tools';
import { createRecallContext } from './recall-context';

export interface ModelActivityOptions {
  /** Agents that a model may call by their ID. */
  agents: Agents;
  /** How remote agents are reached. */
  remote?: RemoteOptions;
}

/** The activities of the workflow `model`. */
export function createModelActivities(options: ModelActivityOptions): ModelActivities {
  let callModel: ModelActivities['callModel'] | undefined;
  return {
    callModel: (...args) => {
      callModel ??= loadCallModel().createCallModel(options.remote?.metrics, options.remote?.tracing);
      return callModel(...args);
    },
    describeTools: createDescribeTools(options.agents, createDescribeRemoteAgent(options.remote)),
    recallContext: createRecallContext(),
  };
}

/** The client library of the model is loaded by its first call: a worker without model agents starts sooner. */
function loadCallModel() {
  return require('./call-model') as typeof import('./call-model');
}
