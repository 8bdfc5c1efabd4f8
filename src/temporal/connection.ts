import { setTimeout as sleep } from 'node:timers/promises';
import { status as GRPC } from '@grpc/grpc-js';
import { Client, isGrpcServiceError } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { explainConnectError, refusedCredentials } from './explain-connect-error';
import { identityOf } from './identity';
import { TemporalSettingsError, type TemporalTarget } from './target';
import { transportReason } from './transport-reason';

/**
 * A connection for clients and workers, and a client of its namespace. Close `connection` when it is done with.
 */
export interface TemporalConnection {
  /** For workers. */
  connection: NativeConnection;
  /** Of the namespace, over the same connection. */
  client: Client;
  namespace: string;
  /** As `host:port`. */
  address: string;
}

/** Options of {@link connectTemporal}. */
export interface ConnectOptions {
  /**
   * Goes on trying until `signal` says otherwise, and gets each failure, except for settings that can never work.
   * Without it the first failure is thrown.
   */
  onRetry?: (error: Error) => void;
  signal?: AbortSignal;
  /** By what Temporal names the client; `temporal-a2a-api@host:pid` unless set. */
  identity?: string;
  /** Of the client, and of workers that are made with what it has. */
  dataConverter?: DataConverter | undefined;
  /** What else it takes until Temporal can be used; tried again with the rest when Temporal goes away meanwhile. */
  prepare?: (temporal: TemporalConnection) => Promise<void>;
}

/** Temporal is not there, or not ready, and may be in a while. */
export class TemporalNotReadyError extends Error {
  override readonly name = 'TemporalNotReadyError';

  constructor(
    message: string,
    /** The same for those who may not know where Temporal is. */
    readonly forCallers: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

const RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Codes with which Temporal itself says that another time may be better. */
const TRANSIENT: readonly number[] = [
  GRPC.CANCELLED,
  GRPC.UNKNOWN,
  GRPC.DEADLINE_EXCEEDED,
  GRPC.NOT_FOUND,
  GRPC.RESOURCE_EXHAUSTED,
  GRPC.INTERNAL,
  GRPC.UNAVAILABLE,
];

/**
 * Connects once, for clients and workers alike: sharing the connection is what makes eager starts possible.
 * @throws TemporalSettingsError for settings that can never work; an Error that names the address and the reason
 */
export async function connectTemporal(
  target: TemporalTarget,
  options: ConnectOptions = {},
): Promise<TemporalConnection> {
  const { onRetry, signal } = options;
  for (;;) {
    try {
      return await connectOnce(target, options);
    } catch (error) {
      if (onRetry === undefined || signal?.aborted || !(error instanceof TemporalNotReadyError)) throw error;
      onRetry(error);
      await sleep(RETRY_MS, undefined, signal === undefined ? {} : { signal });
    }
  }
}

async function connectOnce(
  target: TemporalTarget,
  { identity = identityOf('api'), dataConverter, prepare }: ConnectOptions,
): Promise<TemporalConnection> {
  const { address, namespace } = target;
  const connection = await open(target);
  try {
    await checkNamespace(target, connection);
    const client = new Client({
      connection,
      namespace,
      identity,
      ...(dataConverter !== undefined && { dataConverter }),
    });
    const temporal = { connection, client, namespace, address };
    await prepare?.(temporal);
    return temporal;
  } catch (error) {
    await connection.close();
    if (!isGrpcServiceError(error) || !TRANSIENT.includes(error.code)) throw error;
    const why = transportReason(error.message);
    throw new TemporalNotReadyError(
      `Temporal at ${address} is not ready: ${why}`,
      'Temporal is not ready',
      error,
    );
  }
}

async function open(target: TemporalTarget): Promise<NativeConnection> {
  const { address, connectionOptions } = target;
  const connecting = NativeConnection.connect(connectionOptions);
  const giveUp = new AbortController();
  const late = sleep(CONNECT_TIMEOUT_MS, undefined, { signal: giveUp.signal }).then(() => {
    // Nobody uses it any more.
    connecting.then((connection) => connection.close()).catch(() => {});
    throw new TemporalNotReadyError(
      `cannot connect to Temporal at ${address}: no answer for ${CONNECT_TIMEOUT_MS / 1000} s`,
      'Temporal cannot be reached',
      undefined,
    );
  });
  late.catch(() => {});
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    if (error instanceof TemporalNotReadyError) throw error;
    const { message, final } = await explainConnectError(target, error);
    if (final) throw new TemporalSettingsError(message, { cause: error });
    throw new TemporalNotReadyError(message, 'Temporal cannot be reached', error);
  } finally {
    giveUp.abort();
  }
}

async function checkNamespace(target: TemporalTarget, connection: NativeConnection): Promise<void> {
  const { address, namespace } = target;
  const call = <T>(run: () => Promise<T>) => connection.withDeadline(Date.now() + 10_000, run);
  try {
    await call(() => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code === GRPC.NOT_FOUND) {
      throw new TemporalNotReadyError(
        `Temporal at ${address} has no namespace "${namespace}"; create it with ` +
          `\`temporal operator namespace create --address ${address} --namespace ${namespace}\`, or name another ` +
          '(TEMPORAL_NAMESPACE)',
        `Temporal has no namespace "${namespace}"`,
        error,
      );
    }
    if (code !== GRPC.PERMISSION_DENIED && code !== GRPC.UNAUTHENTICATED) throw error;
    // Some keys may use a namespace and not describe it.
    const usable = await call(() => connection.workflowService.countWorkflowExecutions({ namespace })).then(
      () => true,
      (other: { code?: unknown }) => other.code !== code,
    );
    if (!usable) throw new TemporalSettingsError(refusedCredentials(target, message), { cause: error });
  }
}
