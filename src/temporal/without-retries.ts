import { createRequire } from 'node:module';
import type { ConnectionLike, WorkflowService } from '@temporalio/client';

type Callback = (error: Error | null, response?: unknown) => void;
type Rpc = (method: unknown, request: Uint8Array, callback: Callback) => void;
type Send = (request: object) => Promise<Uint8Array>;

/** What the SDK's NativeConnection has, and does not tell in its types. */
interface Native {
  nativeClient: object;
  sendRequest(send: Send, ...call: Parameters<Rpc>): void;
}

/**
 * The service of a connection that makes each call once. By itself a NativeConnection repeats what Temporal has refused
 * as too much, for up to 16 s, without a word to the caller and with no option for it. Where it cannot be told not to,
 * as with a connection of grpc-js, the service stays as it is.
 */
export function withoutRetries(service: WorkflowService, connection: ConnectionLike): WorkflowService {
  const send = sendOnce(connection);
  if (send === undefined) return service;
  const rpcImpl: Rpc = (...call) => (connection as unknown as Native).sendRequest(send, ...call);
  return Object.create(service, { rpcImpl: { value: rpcImpl } }) as WorkflowService;
}

function sendOnce(connection: ConnectionLike): Send | undefined {
  const { nativeClient, sendRequest } = connection as unknown as Partial<Native>;
  if (nativeClient === undefined || typeof sendRequest !== 'function') return undefined;
  try {
    const ofWorker = createRequire(require.resolve('@temporalio/worker'));
    const { native } = ofWorker('@temporalio/core-bridge') as {
      native: Record<string, (client: object, request: object) => Promise<Uint8Array>>;
    };
    const call = native.clientSendWorkflowServiceRequest;
    return call && ((request) => call(nativeClient, { ...request, retry: false }));
  } catch {
    return undefined;
  }
}
