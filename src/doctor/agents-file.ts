import { isObject } from '../a2a/is-object';
import type { AgentConfig } from '../config/agents';
import { ConfigError } from '../config/config-error';
import { loadAgents } from '../config/load-agents';
import { readSecret, secretPlace } from '../config/secret-ref';
import type { RemoteAgent } from '../contract/agent-call';
import { error, type Finding, ok } from './finding';

/** Fields of agents.yaml that refer to secrets. */
const SECRET_FIELDS = [
  ...['value', 'values', 'clientId', 'clientSecret', 'certificate', 'key', 'ca', 'apiKey'],
];

/** By the kind of a reference. */
const REMEDIES: Readonly<Record<string, string>> = {
  env: 'set the variable where the API and the workers run',
  file: 'create the file, or let this user read it, where the API and the workers run',
};

/** Fields below which everything is the user's own. */
const FREE_FIELDS = ['message', 'result', 'when', 'forEach', 'parameters', 'systemPrompt', 'params'];

/** The agents of the file, and what is wrong with it. */
export function checkAgentsFile(file: string): { agents: AgentConfig[]; findings: Finding[] } {
  try {
    const agents = loadAgents(file);
    return {
      agents,
      findings: [ok(file, `${agents.length} agents: ${agents.map(({ id }) => id).join(', ')}`)],
    };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    return { agents: [], findings: cause.faults.map((fault) => error(file, fault, 'correct it')) };
  }
}

/** Whether every `env:NAME` and `file:PATH` of the agents, and of the settings, leads to something. */
export async function checkSecrets(
  agents: readonly AgentConfig[],
  settings: Readonly<Record<string, readonly string[] | undefined>>,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const uses = new Map<string, string>();
  const note = (reference: string, user: string) => uses.set(reference, uses.get(reference) ?? user);
  for (const [setting, references] of Object.entries(settings)) {
    for (const reference of references ?? []) note(reference.trim(), setting);
  }
  for (const agent of agents) {
    for (const reference of secretsIn(agent)) note(reference, `the agent "${agent.id}"`);
  }
  return Promise.all(
    [...uses].map(async ([reference, user]) => {
      const secret = await readSecret(reference, env);
      const about = `secret ${reference}`;
      if ('value' in secret) return ok(about, `is there, for ${user}`);
      const remedy =
        REMEDIES[secretPlace(reference)?.kind ?? ''] ?? 'look at what the module SECRETS_MODULE does';
      return error(about, `${secret.fault}; ${user} needs it`, remedy);
    }),
  );
}

function secretsIn(value: unknown, field = ''): string[] {
  if (typeof value === 'string') {
    return SECRET_FIELDS.includes(field) && secretPlace(value) !== undefined ? [value] : [];
  }
  if (Array.isArray(value)) return value.flatMap((each) => secretsIn(each, field));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    FREE_FIELDS.includes(key) ? [] : secretsIn(inner, key),
  );
}

/** A remote agent, and the IDs of the agents that call it. */
export interface CalledAgent {
  agent: RemoteAgent;
  callers: string[];
}

/** The remote agents that the agents call, each once. */
export function remoteAgentsOf(agents: readonly AgentConfig[]): CalledAgent[] {
  const found = new Map<string, CalledAgent>();
  for (const { id, definition } of agents) {
    for (const agent of remotesIn(definition)) {
      const key = JSON.stringify(agent);
      const callers = new Set([...(found.get(key)?.callers ?? []), id]);
      found.set(key, { agent, callers: [...callers] });
    }
  }
  return [...found.values()];
}

function remotesIn(value: unknown, field = ''): RemoteAgent[] {
  if (typeof value === 'string') {
    const isAgent = field === 'tools' || field === 'onError';
    return isAgent && /^https?:\/\//i.test(value) ? [{ url: value }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((each) => remotesIn(each, field));
  if (!isObject(value)) return [];
  const { url, credentials, requireSignature, bindings } = value as Partial<RemoteAgent>;
  const own: RemoteAgent[] =
    typeof url === 'string'
      ? [
          {
            url,
            ...(credentials && { credentials }),
            ...(requireSignature && { requireSignature }),
            ...(bindings && { bindings }),
          },
        ]
      : [];
  const inner = Object.entries(value).flatMap(([key, each]) =>
    FREE_FIELDS.includes(key) ? [] : remotesIn(each, key),
  );
  return [...own, ...inner];
}
