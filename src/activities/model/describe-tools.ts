import { type Agents, AgentSet } from '../../config/agent-set';
import type { RemoteAgent } from '../../contract/agent-call';
import { ASK_USER, type ModelTool, type ModelToolRef } from '../../contract/model-call';
import { detailedFailure } from '../detailed-failure';

/** Longest name and description of a function that the API takes, in characters. */
const MAX_NAME = 64;
const MAX_DESCRIPTION = 1_024;

/** What of an agent's card tells a model what the agent is good for. */
export interface AgentDescription {
  name: string;
  description: string;
  skills: { name: string; description: string; examples?: string[] | undefined }[];
}

/** Reads the card of a remote agent. */
export type DescribeRemoteAgent = (agent: RemoteAgent) => Promise<AgentDescription>;

/**
 * What a model is told of the agents that it may call.
 * @param describeRemote without it, a remote agent is what agents.yaml says of it
 */
export function createDescribeTools(agents: Agents, describeRemote?: DescribeRemoteAgent) {
  const byId = AgentSet.of(agents).view((all) => new Map(all.map((agent) => [agent.id, agent])));

  /** @throws ApplicationFailure, not retryable, for an agent that is not there, or the model's own */
  return async function describeTools(refs: ModelToolRef[], agentId: string): Promise<ModelTool[]> {
    const tools = await Promise.all(
      refs.map((ref) => (typeof ref === 'string' && !isUrl(ref) ? local(ref, agentId) : remote(ref))),
    );
    const taken = new Set<string>([ASK_USER]);
    return tools.map((tool) => ({ ...tool, name: uniqueName(tool.name, taken) }));
  };

  function local(id: string, ownId: string): ModelTool {
    const agent = byId().get(id);
    if (agent !== undefined && id !== ownId) {
      return { name: id, description: describe(agent), target: id };
    }
    const known = [...byId().keys()].filter((other) => other !== ownId).join(', ') || 'none';
    const reason = id === ownId ? 'cannot be a tool of itself' : 'is no agent of this worker';
    const message = `The tool ${JSON.stringify(id)} ${reason}`;
    throw detailedFailure(
      { message, type: 'A2A_NO_SUCH_AGENT', nonRetryable: true },
      `${message}; the worker's agents are: ${known}`,
    );
  }

  async function remote(ref: ModelToolRef): Promise<ModelTool> {
    const { name, description, waiting, ...target } = typeof ref === 'string' ? whole(ref) : ref;
    const card = name === undefined || description === undefined ? await describeRemote?.(target) : undefined;
    return {
      name: name ?? card?.name ?? new URL(target.url).host,
      description: description ?? (card ? describe(card) : `The agent at ${new URL(target.url).origin}`),
      target,
      ...(waiting !== undefined && { waiting }),
    };
  }
}

function whole(url: string): Exclude<ModelToolRef, string> {
  return { url };
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function describe({ name, description, skills }: AgentDescription): string {
  const lines = skills.map((skill) => {
    const example = skill.examples?.[0];
    return `- ${skill.name}: ${skill.description}${example ? ` Example: ${example}` : ''}`;
  });
  const text = [`${name}: ${description}`, 'Skills:', ...lines].join('\n');
  return text.length <= MAX_DESCRIPTION ? text : `${text.slice(0, MAX_DESCRIPTION - 1)}…`;
}

/** A valid function name that no other tool has. */
function uniqueName(wanted: string, taken: Set<string>): string {
  const base = wanted.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, MAX_NAME) || 'agent';
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base.slice(0, MAX_NAME - 1 - String(n).length)}_${n}`;
  taken.add(name);
  return name;
}
