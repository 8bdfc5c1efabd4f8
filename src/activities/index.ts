import { type Agents, AgentSet } from '../config/agent-set';
import { describeCaller } from './describe-caller';
import { encodeStart } from './encode-start';
import { endUnbegunTask } from './end-unbegun-task';
import { explainTask } from './explain-task';
import { createFollowChild } from './follow-child';
import { taxRateFor } from './invoice';
import { createModelActivities } from './model';
import { createCallRemoteAgent, type RemoteOptions } from './remote/call-remote-agent';
import { createResolveAgent } from './resolve-agent';
import { tick } from './ticker';

export type Activities = ReturnType<typeof createActivities>;

/** Options of {@link createCallActivities}. */
export interface ActivityOptions {
  /** Agents that workflows may call by their ID. */
  agents?: Agents;
  /** How remote agents are called. */
  remote?: RemoteOptions;
}

/** What `callAgent()` and `a2aCall` need, on every worker whose workflows call agents. */
export function createCallActivities({ agents = [], remote = {} }: ActivityOptions = {}) {
  const known = AgentSet.of(agents);
  return {
    resolveAgent: createResolveAgent(known),
    callRemoteAgent: createCallRemoteAgent(remote, known),
    describeCaller,
    encodeStart,
    followChild: createFollowChild(),
    explainTask,
    endUnbegunTask,
  };
}

/** Every activity that the built-in worker runs. */
export function createActivities(options: ActivityOptions = {}) {
  const { remote = {} } = options;
  const agents = AgentSet.of(options.agents ?? []);
  return {
    ...createCallActivities({ agents, remote }),
    ...createModelActivities({ agents, remote }),
    taxRateFor,
    tick,
  };
}
