import { ConfigError } from '../config/config-error';
import { SETTINGS, type Setting, type Settings } from '../config/settings';
import { connectTemporal } from '../temporal/connection';
import {
  endpointCommands,
  ensureNexusEndpoint,
  findNexusEndpoint,
  type NexusEndpoint,
} from '../temporal/nexus-endpoint';
import { quoted } from '../temporal/quoted';
import { readTemporalTarget, type TemporalTarget } from '../temporal/target';
import type { Flags } from './options';

export interface NexusEndpointContext {
  /** Name of the endpoint. */
  name: string;
  /** Create it, or correct where it leads; otherwise only say how. */
  create: boolean;
  settings: Pick<Settings, 'temporalAddress' | 'temporalNamespace' | 'taskQueue'>;
  /** What of the settings stands on the command line. */
  flags?: Flags;
  env: NodeJS.ProcessEnv;
}

/**
 * `nexus endpoint`: what it has to say.
 * @throws ConfigError for a name that Temporal does not take; an Error when Temporal cannot be reached, or refuses
 */
export async function nexusEndpoint({
  name,
  create,
  settings,
  flags = {},
  env,
}: NexusEndpointContext): Promise<string> {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,198}[A-Za-z0-9]$/.test(name)) {
    const expected = 'letters, digits and hyphens, with a letter first and no hyphen last';
    throw new ConfigError([`--name: expected ${expected}, got ${JSON.stringify(name)}`]);
  }
  const overrides = { address: settings.temporalAddress, namespace: settings.temporalNamespace };
  const target = readTemporalTarget(env, overrides);
  const endpoint: NexusEndpoint = { name, namespace: target.namespace, taskQueue: settings.taskQueue };
  const leads = leadsTo(endpoint);
  if (!create) {
    const { text, isRight } = await stateOf(target, endpoint);
    return isRight ? `${text}\n${CALLERS}` : `${text}\n\n${howToCreate(endpoint, flags)}`;
  }
  const { connection } = await connectTemporal(target);
  try {
    const done = await ensureNexusEndpoint(connection, endpoint);
    const what = { created: 'Created', updated: 'Updated', unchanged: 'There is already' }[done];
    return `${what} the endpoint ${JSON.stringify(name)}, which leads to ${leads}.\n${CALLERS}`;
  } finally {
    await connection.close();
  }
}

const CALLERS = 'The worker there serves it when it runs with NEXUS=true.\n';

/** Whether it is there, as a sentence, and whether it leads where it should. */
async function stateOf(
  target: TemporalTarget,
  endpoint: NexusEndpoint,
): Promise<{ text: string; isRight: boolean }> {
  const name = JSON.stringify(endpoint.name);
  try {
    const { connection } = await connectTemporal(target);
    try {
      const found = await findNexusEndpoint(connection, endpoint.name);
      if (found === undefined) return { text: `There is no endpoint ${name} yet.`, isRight: false };
      const isRight = found.namespace === endpoint.namespace && found.taskQueue === endpoint.taskQueue;
      if (isRight)
        return { text: `There is the endpoint ${name}, and it leads to ${leadsTo(endpoint)}.`, isRight };
      const where = found.taskQueue === undefined ? 'another place' : leadsTo(found);
      return { text: `There is the endpoint ${name}, but it leads to ${where}.`, isRight };
    } finally {
      await connection.close();
    }
  } catch (error) {
    const text = `Whether there is an endpoint ${name} cannot be told: ${(error as Error).message}`;
    return { text, isRight: false };
  }
}

function leadsTo({ namespace = '', taskQueue = '' }: Partial<NexusEndpoint>): string {
  return `the namespace ${JSON.stringify(namespace)} and the task queue ${JSON.stringify(taskQueue)}`;
}

function howToCreate(endpoint: NexusEndpoint, flags: Flags): string {
  const { cli, cloud } = endpointCommands(endpoint);
  const given = Object.entries(flags).map(([name, value]) => {
    const { flag = '' }: Setting = SETTINGS[name as keyof Flags];
    return ` ${flag} ${quoted(String(value))}`;
  });
  return (
    `To make it lead to ${leadsTo(endpoint)}:\n\n` +
    `  npx temporal-a2a nexus endpoint --name ${endpoint.name}${given.join('')} --create\n\n` +
    `or, to create it, with Temporal's own tools:\n\n  ${cli}\n\nor, in Temporal Cloud:\n\n  ${cloud}\n\n${CALLERS}`
  );
}
