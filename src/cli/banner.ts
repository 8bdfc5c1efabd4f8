import { randomUUID } from 'node:crypto';
import type { AgentConfig } from '../config/agents';
import { asksWhoCalls } from '../config/authentication';
import type { TemporalConnection } from '../temporal/connection';

export interface BannerFacts {
  agents: readonly AgentConfig[];
  /** Root of the API. */
  url: string;
  /** Address of gRPC, as `host:port`; undefined when it is not served. */
  grpc?: string | undefined;
  temporal: Pick<TemporalConnection, 'address' | 'namespace'>;
  uiUrl?: string | undefined;
  /** Path of Temporal's command line tool, where it was found or got. */
  temporalCli?: string | undefined;
  /** What may be on or off, and whether it is. */
  features?: Readonly<Record<string, boolean>>;
  /** Directory of the dev server's database; undefined when Temporal was not started here. */
  database?: string | undefined;
}

/** What `start` prints when everything runs. */
export function banner({
  agents,
  url,
  grpc,
  temporal,
  uiUrl,
  temporalCli,
  features = {},
  database,
}: BannerFacts): string {
  const started = database === undefined ? '' : `, started here, its data is in ${database}`;
  const rows: [string, string][] = [
    ['Temporal', `${temporal.address} (namespace ${temporal.namespace}${started})`],
  ];
  if (uiUrl) rows.push(['Temporal UI', uiUrl]);
  if (temporalCli) rows.push(['Temporal CLI', temporalCli]);
  for (const { id, default: isDefault } of agents) {
    rows.push([id, `${url}/a2a/${id}${isDefault ? ` (the default agent: also at ${url})` : ''}`]);
  }
  const asking = agents.filter(asksWhoCalls).map(({ id }) => id);
  if (asking.length > 0) {
    const open = agents.filter((agent) => !asksWhoCalls(agent)).map(({ id }) => id);
    const except = open.length === 0 ? '' : `, except for ${open.join(', ')}`;
    rows.push(['Callers', `need credentials${except}`]);
  }
  if (grpc) rows.push(['gRPC', `${grpc} (the agent's ID is the tenant)`]);
  for (const [title, isOn] of [
    ['On', true],
    ['Off', false],
  ] as const) {
    const names = Object.keys(features).filter((name) => features[name] === isOn);
    if (names.length > 0) rows.push([title, names.join(', ')]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const call = curl(agents, url);
  const tryIt = call === undefined ? '' : `Try it:\n\n  ${call}\n\n`;
  return `\ntemporal-a2a is running\n\n${lines.join('\n')}\n\n${tryIt}Ctrl-C stops everything.\n\n`;
}

/** A call that works when it is pasted into a shell; undefined when every agent wants data, and none says which. */
function curl(agents: readonly AgentConfig[], url: string): string | undefined {
  const callable = agents.filter(isCallable);
  const agent = callable.find((candidate) => candidate.default) ?? callable[0];
  if (agent === undefined) return undefined;
  const at = agent.default ? url : `${url}/a2a/${agent.id}`;
  const text = agent.skills[0]?.examples?.[0] ?? 'Hello, agent!';
  const part = agent.workflow.input === 'data' ? { data: parsed(text) } : { text };
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [part] };
  const body = JSON.stringify({ message }).replaceAll("'", "'\\''");
  return `curl -s ${at}/message:send${credential(agent)} -H 'A2A-Version: 1.0' -H 'Content-Type: application/json' -d '${body}'`;
}

/** Whether there is an example to send, or none is needed. */
function isCallable({ workflow, skills }: AgentConfig): boolean {
  return workflow.input !== 'data' || parsed(skills[0]?.examples?.[0] ?? '') !== undefined;
}

function parsed(example: string): unknown {
  try {
    return JSON.parse(example);
  } catch {
    return undefined;
  }
}

/** A header that holds the caller's own key: the shell has it, this program does not show it. */
function credential(agent: AgentConfig): string {
  if (!asksWhoCalls(agent)) return '';
  const [reference = ''] = agent.authentication?.apiKeys[0]?.values ?? [];
  if (reference === '') {
    return agent.authentication?.keyFile ? ' -H "X-Api-Key: $KEY"' : ' -H "Authorization: Bearer $TOKEN"';
  }
  const name = reference.slice(reference.indexOf(':') + 1);
  if (reference.startsWith('env:')) return ` -H "X-Api-Key: $${name}"`;
  return ` -H "X-Api-Key: $(cat '${name.replaceAll("'", "'\\''")}')"`;
}
