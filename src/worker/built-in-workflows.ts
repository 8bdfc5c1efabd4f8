import { join } from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';
import { FAILURE_CONVERTER } from '../temporal/encryption-codec';

/**
 * The workflow interceptors of every worker that runs agents, which `A2APlugin` adds. For a bundle that is made
 * without the plugin: one of `workflowInterceptorModules`. They keep the final state of a task in its search
 * attributes, refuse results that Temporal would refuse for ever, and let no workflow end before its caller was told
 * everything and the calls that it has cancelled have ended.
 */
export const workflowInterceptorsPath = require.resolve('../workflows/interceptors');

/** What scripts/build.mjs makes, by the failure converter that is part of it. */
const BUNDLES = new Map([
  [undefined, 'workflow-bundle.js'],
  [FAILURE_CONVERTER, 'workflow-bundle-encrypted.js'],
]) as ReadonlyMap<string | undefined, string>;

type Workflows = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors'>;

/**
 * The workflows of this package, as they were bundled when it was built: as they are, and for workers that encrypt.
 * Converters of payloads and failures become part of a bundle, so with others it is made anew, which takes some seconds.
 */
export function builtInWorkflows({
  dataConverter,
  interceptors,
}: Pick<WorkerOptions, 'dataConverter' | 'interceptors'>): Workflows {
  const { payloadConverterPath, failureConverterPath } = dataConverter ?? {};
  const { workflowModules = [] } = interceptors ?? {};
  const bundle = BUNDLES.get(failureConverterPath);
  if (bundle !== undefined && payloadConverterPath === undefined && workflowModules.length === 0) {
    return { workflowBundle: { codePath: join(__dirname, '..', bundle) } };
  }
  return {
    workflowsPath: require.resolve('../workflows'),
    interceptors: {
      ...interceptors,
      workflowModules: [...new Set([...workflowModules, workflowInterceptorsPath])],
    },
  };
}
