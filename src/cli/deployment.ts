import type { WorkerDeploymentOptions } from '@temporalio/worker';
import { ConfigError } from '../config/config-error';
import type { Settings } from '../config/settings';

/**
 * The deployment version of the worker; undefined without versioning.
 * @throws ConfigError when only one half of the version is set
 */
export function deploymentOptions({
  deploymentName,
  buildId,
  versioningBehavior,
}: Pick<Settings, 'deploymentName' | 'buildId' | 'versioningBehavior'>): WorkerDeploymentOptions | undefined {
  if (deploymentName === undefined && buildId === undefined) return undefined;
  if (deploymentName === undefined || buildId === undefined) {
    const [set, missing] =
      buildId === undefined
        ? ['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID']
        : ['TEMPORAL_WORKER_BUILD_ID', 'TEMPORAL_DEPLOYMENT_NAME'];
    throw new ConfigError([`${set} needs ${missing} beside it: together they are the worker's version`]);
  }
  return {
    version: { deploymentName, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: versioningBehavior,
  };
}
