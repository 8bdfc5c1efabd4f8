import { status as GRPC } from '@grpc/grpc-js';
import { type ConnectionLike, isGrpcServiceError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { quoted } from './quoted';

/** By what callers reach the worker that serves a Nexus service. */
export interface NexusEndpoint {
  /** Letters, digits and hyphens, as Temporal wants it. */
  name: string;
  /** Namespace of the worker. */
  namespace: string;
  taskQueue: string;
}

/** Temporal's UI shows it. */
const DESCRIPTION = 'A2A agents of temporal-a2a: the service A2AService';

const DEADLINE_MS = 10_000;

/** Codes that say: not for you, or not here, as in Temporal Cloud. */
const FORBIDDEN = [GRPC.PERMISSION_DENIED, GRPC.UNAUTHENTICATED, GRPC.UNIMPLEMENTED];

/** Where the endpoint of this name leads; undefined when there is none. @throws a gRPC error */
export async function findNexusEndpoint(
  connection: ConnectionLike,
  name: string,
): Promise<{ namespace?: string; taskQueue?: string } | undefined> {
  const { endpoints } = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
    connection.operatorService.listNexusEndpoints({ name, pageSize: 1 }),
  );
  const [known] = endpoints ?? [];
  if (known === undefined) return undefined;
  const { namespace, taskQueue } = known.spec?.target?.worker ?? {};
  return { ...(namespace && { namespace }), ...(taskQueue && { taskQueue }) };
}

/**
 * Makes sure that there is an endpoint of this name, and that it leads to this worker.
 * @returns what had to be done
 * @throws an Error that says how else to do it, when this Temporal does not let us
 */
export async function ensureNexusEndpoint(
  connection: ConnectionLike,
  endpoint: NexusEndpoint,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { name, namespace, taskQueue } = endpoint;
  const spec = { name, target: { worker: { namespace, taskQueue } } };
  const { operatorService } = connection;
  const call = <T>(run: () => Promise<T>) => connection.withDeadline(Date.now() + DEADLINE_MS, run);
  try {
    const { endpoints } = await call(() => operatorService.listNexusEndpoints({ name, pageSize: 1 }));
    const [known] = endpoints ?? [];
    if (known === undefined) {
      const description = defaultPayloadConverter.toPayload(DESCRIPTION);
      await call(() => operatorService.createNexusEndpoint({ spec: { ...spec, description } }));
      return 'created';
    }
    const target = known.spec?.target?.worker;
    if (target?.namespace === namespace && target.taskQueue === taskQueue) return 'unchanged';
    const { id = null, version = null } = known;
    const description = known.spec?.description ?? null;
    await call(() => operatorService.updateNexusEndpoint({ id, version, spec: { ...spec, description } }));
    return 'updated';
  } catch (error) {
    if (!isGrpcServiceError(error) || !FORBIDDEN.includes(error.code)) throw error;
    const { cli, cloud } = endpointCommands(endpoint);
    throw new Error(
      `this Temporal does not let us create Nexus endpoints (${error.details}). Somebody who may does it with\n` +
        `  ${cli}\nor in Temporal Cloud with\n  ${cloud}`,
      { cause: error },
    );
  }
}

/** Commands of Temporal's own tools that create the endpoint. */
export function endpointCommands({ name, namespace, taskQueue }: NexusEndpoint): {
  cli: string;
  cloud: string;
} {
  const target = `--target-namespace ${quoted(namespace)} --target-task-queue ${quoted(taskQueue)}`;
  return {
    cli: `temporal operator nexus endpoint create --name ${quoted(name)} ${target}`,
    cloud: `tcld nexus endpoint create --name ${quoted(name)} ${target} --allow-namespace <namespace of the callers>`,
  };
}
