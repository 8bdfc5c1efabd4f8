import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { InvalidParamsError, shuttingDown } from '../a2a/errors';
import { toWireError } from '../api/error-table';
import type { GrpcVersion } from './caller';
import type { GrpcServices } from './services';
import { type GrpcError, toGrpcError } from './status';

/** One call from its beginning to its only end, which is also its line in the log. */
export class RunningCall {
  readonly facts: { operation: string; agent?: string } = { operation: '' };
  /** Known when the caller has been let in. */
  owner = '';
  /** Sends the error to the client. */
  onFailure: (error: GrpcError) => void = () => {};

  private readonly gone = new AbortController();
  private readonly started = performance.now();
  private noted: { error: unknown } | undefined;
  private remove: () => void = () => {};
  private ended = false;

  constructor(
    private readonly services: GrpcServices,
    operation: string,
    private readonly version: GrpcVersion,
  ) {
    this.facts.operation = operation;
  }

  /** Aborted when nobody waits for the answer any more: the client has gone or given up, or the call has ended. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** From now on a shutdown waits for it, though not for ever. */
  begin(): void {
    this.remove = this.services.calls.add(() => this.fail(shuttingDown()));
  }

  /** Keeps what went wrong until the SDK's service says that the call has failed. */
  noteError(error: unknown): void {
    this.noted ??= { error };
  }

  /** The SDK's service has failed the call: with what was noted, or with something of its own. */
  failAsSdk(error: Partial<ServiceError>): void {
    this.fail(this.noted === undefined ? ownError(error) : this.noted.error);
  }

  fail(error: unknown): void {
    if (this.ended) return;
    const wire = toWireError(error);
    if (this.gone.signal.aborted) this.end('CANCELLED');
    else {
      const { logger } = this.services;
      if (wire.unexpected) logger.error({ err: error, ...this.facts }, 'unexpected error');
      else if (wire.failure) logger.warn({ err: error, ...this.facts }, wire.message);
      this.end(wire.grpcStatus, wire.reason);
    }
    this.onFailure(toGrpcError(wire));
  }

  /** Whether the answer may be sent; an error may have been before. */
  succeed(): boolean {
    if (this.ended) return false;
    this.end('OK');
    return true;
  }

  /** The client has cancelled, lost its connection or passed its deadline. */
  clientGone(): void {
    if (this.ended) return;
    this.end('CANCELLED');
  }

  get hasEnded(): boolean {
    return this.ended;
  }

  private end(code: string, reason?: string): void {
    this.ended = true;
    this.remove();
    this.gone.abort();
    const milliseconds = performance.now() - this.started;
    const { operation, agent = '' } = this.facts;
    const outcome = reason ?? (code === 'CANCELLED' ? 'CLIENT_GONE' : code);
    this.services.metrics.observe(
      'a2a_request_duration_seconds',
      { operation, binding: 'GRPC', version: this.version, agent, outcome },
      milliseconds / 1_000,
    );
    this.services.logger.info(
      {
        rpc: this.facts.operation,
        status: code,
        milliseconds: Math.round(milliseconds),
        ...(reason !== undefined && { reason }),
        ...(this.facts.agent !== undefined && { agent: this.facts.agent }),
      },
      'request',
    );
  }
}

/** What the SDK's service finds wrong before it asks the handler is wrong with the request. */
function ownError({ code, details = '' }: Partial<ServiceError>): unknown {
  if (code === status.INVALID_ARGUMENT) {
    return new InvalidParamsError([{ field: 'request', description: details }]);
  }
  return new Error(`the SDK's gRPC service has failed: ${details}`);
}
