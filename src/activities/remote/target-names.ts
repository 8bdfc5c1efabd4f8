import { isObject } from '../../a2a/is-object';
import type { AgentConfig } from '../../config/agents';

/**
 * Names for the remote agents that agents of agents.yaml call, by their URLs: the ID of the proxy, or of the agent whose
 * step or tool it is, as in `report/translate`; undefined for others. There are no more names than the file has.
 */
export function targetNames(agents: readonly AgentConfig[]): (url: string) => string | undefined {
  const names = new Map<string, string>();
  const note = (value: unknown, agentId: string) => {
    if (Array.isArray(value)) for (const each of value) note(each, agentId);
    if (!isObject(value)) return;
    const { url, name } = value;
    if (typeof url === 'string' && !names.has(url))
      names.set(url, typeof name === 'string' ? `${agentId}/${name}` : agentId);
    for (const each of Object.values(value)) if (typeof each === 'object') note(each, agentId);
  };
  // A proxy is the name of what it stands for, whoever else calls that.
  for (const { id, definition, workflow } of agents) if (workflow.type === 'proxy') note(definition, id);
  for (const { id, definition } of agents) note(definition, id);
  return (url) => names.get(url);
}
