import { ConfigError } from '../config/config-error';
import type { Settings } from '../config/settings';
import { connectTemporal } from '../temporal/connection';
import { endpointCommands, ensureNexusEndpoint, type NexusEndpoint } from '../temporal/nexus-endpoint';
import { readTemporalTarget } from '../temporal/target';

export interface NexusEndpointContext {
  /** Name of the endpoint. */
  name: string;
  /** Create it, or correct where it leads; otherwise only say how. */
  create: boolean;
  settings: Pick<Settings, 'temporalAddress' | 'temporalNamespace' | 'taskQueue'>;
  env: NodeJS.ProcessEnv;
}

/**
 * `nexus endpoint`: what it has to say.
 * @throws ConfigError for a name that Temporal does not take; an Error when Temporal cannot be reached, or refuses
 */
export async function nexusEndpoint({ name, create, settings, env }: NexusEndpointContext): Promise<string> {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,198}[A-Za-z0-9]$/.test(name)) {
    const expected = 'letters, digits and hyphens, with a letter first and no hyphen last';
    throw new ConfigError([`--name: expected ${expected}, got ${JSON.stringify(name)}`]);
  }
  const overrides = { address: settings.temporalAddress, namespace: settings.temporalNamespace };
  const target = readTemporalTarget(env, overrides);
  const endpoint: NexusEndpoint = { name, namespace: target.namespace, taskQueue: settings.taskQueue };
  const leads = `the namespace ${JSON.stringify(endpoint.namespace)} and the task queue ${JSON.stringify(endpoint.taskQueue)}`;
  if (!create) return printed(endpoint, leads);
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

function printed(endpoint: NexusEndpoint, leads: string): string {
  const { cli, cloud } = endpointCommands(endpoint);
  return (
    `The endpoint ${JSON.stringify(endpoint.name)} leads to ${leads}. Create it with\n\n` +
    `  temporal-a2a nexus endpoint --name ${endpoint.name} --create\n\nor with Temporal's own tools:\n\n  ${cli}\n\n` +
    `or, in Temporal Cloud:\n\n  ${cloud}\n\n${CALLERS}`
  );
}
