import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { identityOf } from './identity';

export interface TemporalConnection {
  connection: NativeConnection;
  client: Client;
  namespace: string;
  address: string;
}

export interface TemporalTarget {
  namespace: string;
  address: string;
  connectionOptions: NativeConnectionOptions;
}

export interface ConnectOptions {
  /** Goes on trying until `signal` says otherwise, and gets each failure. Without it the first one is thrown. */
  onRetry?: (error: Error) => void;
  signal?: AbortSignal;
  /** By what Temporal names the client; `temporal-a2a-api@host:pid` unless set. */
  identity?: string;
}

const RETRY_MS = 2_000;

/**
 * Where Temporal is, as `@temporalio/envconfig` reads it from TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
 * TEMPORAL_API_KEY, TEMPORAL_TLS_* and the profiles of its configuration file.
 * @param overrides what a flag said
 * @throws when a file that is named cannot be read
 */
export function readTemporalTarget(
  env: NodeJS.ProcessEnv,
  overrides: { address?: string | undefined; namespace?: string | undefined } = {},
): TemporalTarget {
  // An empty variable, as compose files make them, means unset.
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const config = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
  const address = overrides.address ?? config.connectionOptions.address ?? 'localhost:7233';
  return {
    address,
    namespace: overrides.namespace ?? config.namespace ?? 'default',
    connectionOptions: { ...config.connectionOptions, address },
  };
}

/**
 * Connects once, for clients and workers alike: sharing the connection is what makes eager starts possible.
 * @throws an Error that names the address and the reason
 */
export async function connectTemporal(
  target: TemporalTarget,
  { onRetry, signal, identity = identityOf('api') }: ConnectOptions = {},
): Promise<TemporalConnection> {
  for (;;) {
    try {
      return await connectOnce(target, identity);
    } catch (error) {
      if (onRetry === undefined || signal?.aborted) throw error;
      onRetry(error as Error);
      await sleep(RETRY_MS, undefined, signal === undefined ? {} : { signal });
    }
  }
}

async function connectOnce(
  { address, namespace, connectionOptions }: TemporalTarget,
  identity: string,
): Promise<TemporalConnection> {
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect(connectionOptions);
  } catch (error) {
    throw new Error(`cannot connect to Temporal at ${address}: ${reasonOf(error)}`, { cause: error });
  }
  try {
    await connection.withDeadline(Date.now() + 10_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    // Some keys may use a namespace but not describe it; what else is wrong will show soon enough.
    if ((error as { code?: unknown }).code === status.NOT_FOUND) {
      await connection.close();
      throw new Error(`Temporal at ${address} has no namespace "${namespace}"`, { cause: error });
    }
  }
  return { connection, client: new Client({ connection, namespace, identity }), namespace, address };
}

/** The native errors print their whole inside; the innermost message is what a reader needs. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  const patterns = [/kind: \w+, message: "([^"]+)"/, /error: "([^"]+)"/, /message: "([^"]+)"/];
  for (const pattern of patterns) {
    const found = pattern.exec(message)?.[1];
    if (found !== undefined) return found;
  }
  return message.split('\n', 1)[0] ?? '';
}
