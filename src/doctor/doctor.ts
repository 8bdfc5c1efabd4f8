import { keyReferences } from '../config/encryption-keys';
import type { Settings } from '../config/settings';
import { connectTemporal } from '../temporal/connection';
import { readTemporalTarget } from '../temporal/target';
import { checkAgentsFile, checkSecrets, remoteAgentsOf } from './agents-file';
import { error, type Finding, reasonOf } from './finding';
import { checkKeyFiles } from './key-files';
import { checkNode } from './machine';
import { checkPublicUrl } from './public-url';
import { checkRemoteAgents } from './remote-agents';
import { checkSigningKeys } from './signing-keys';
import { checkClock, checkNamespace, checkServer, checkStuckTasks, orUnknown } from './temporal-server';
import { checkWorkers } from './workers';

export interface DoctorOptions {
  settings: Pick<
    Settings,
    | 'agentsFile'
    | 'publicUrl'
    | 'outboundAllow'
    | 'temporalAddress'
    | 'temporalNamespace'
    | 'pushSigningKey'
    | 'cardSigningKeys'
    | 'encryptionKeys'
    | 'pushSealingKeys'
    | 'codecServerKeys'
  >;
  env: NodeJS.ProcessEnv;
  /** Task queue of push notifications. */
  pushQueue: string;
  /** Version of Temporal's server that this package is tested with. */
  testedVersion: string;
}

/** Looks at all that agents need in order to work, and changes nothing. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { settings, env } = options;
  const { agents, findings } = checkAgentsFile(settings.agentsFile);
  const { outboundAllow, publicUrl, pushSigningKey, encryptionKeys, pushSealingKeys } = settings;
  const keys = (text: string | undefined) => (text === undefined ? undefined : keyReferences(text));
  const references = {
    PUSH_SIGNING_KEY: pushSigningKey?.split(','),
    CARD_SIGNING_KEYS: settings.cardSigningKeys?.split(','),
    ENCRYPTION_KEYS: keys(encryptionKeys),
    PUSH_SEALING_KEYS: keys(pushSealingKeys),
    CODEC_SERVER_KEYS: settings.codecServerKeys?.split(','),
  };
  const parts = await Promise.all([
    checkTemporal(options, agents),
    checkSecrets(agents, references, env),
    checkSigningKeys('PUSH_SIGNING_KEY', pushSigningKey, env),
    checkSigningKeys('CARD_SIGNING_KEYS', settings.cardSigningKeys, env),
    checkRemoteAgents(remoteAgentsOf(agents), { outboundAllow, env }),
    checkPublicUrl(publicUrl, agents),
  ]);
  return [checkNode(), ...findings, ...checkKeyFiles(agents), ...parts.flat()];
}

async function checkTemporal(
  { settings, env, pushQueue, testedVersion }: DoctorOptions,
  agents: ReturnType<typeof checkAgentsFile>['agents'],
): Promise<Finding[]> {
  const { temporalAddress: address, temporalNamespace: namespace } = settings;
  let temporal: Awaited<ReturnType<typeof connectTemporal>>;
  try {
    temporal = await connectTemporal(readTemporalTarget(env, { address, namespace }));
  } catch (cause) {
    const remedy = 'start Temporal, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE (docs/operations.md)';
    return [error('Temporal', reasonOf(cause), remedy)];
  }
  try {
    const parts = await Promise.all([
      orUnknown('Temporal', () => checkServer(temporal, testedVersion)),
      orUnknown('namespace', () => checkNamespace(temporal)),
      orUnknown('task queues', () => checkWorkers(temporal, agents, pushQueue)),
      orUnknown('stuck tasks', () => checkStuckTasks(temporal)),
      orUnknown('clock', () => checkClock(temporal)),
    ]);
    return parts.flat();
  } finally {
    await temporal.connection.close();
  }
}
