import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { InvalidParamsError, shuttingDown } from '../a2a/errors';
import { toWireError } from '../api/error-table';
import { shownAddress } from '../audit/audit';
import { auditRequest } from '../api/request-audit';
import { readTraceFields } from '../contract/trace';
import { logRefusal, requestIdOf } from '../api/request-context';
import type { CountedCall } from '../api/quotas';
import { type EndedRequest, endSpan, type RequestFacts, requestLine } from '../api/request-facts';
import { meterRequest } from '../api/request-metrics';
import type { Span } from '../tracing/tracing';
import { type GrpcVersion, readMetadata } from './caller';
import type { GrpcServices } from './services';
import { type GrpcError, toGrpcError } from './status';

/** Metadata key of the ID of a call, for the log. */
const REQUEST_ID = 'x-request-id';

/** One call from its beginning to its only end, which is also its line in the log. */
export class RunningCall {
  readonly facts: RequestFacts & { operation: string };
  readonly span: Span;
  /** Whether the span is to hold messages. */
  readonly content: boolean;
  /** Who calls whom; known when the caller has been let in. */
  counted: CountedCall | undefined;
  /** Sends the error to the client. */
  onFailure: (error: GrpcError) => void = () => {};

  private readonly requestId: string;
  private readonly log: Logger;
  private readonly gone = new AbortController();
  private readonly started = performance.now();
  private noted: { error: unknown } | undefined;
  private remove: () => void = () => {};
  private ended = false;

  constructor(
    private readonly services: GrpcServices,
    operation: string,
    private readonly version: GrpcVersion,
    { metadata, peer }: { metadata: Metadata; peer: string },
  ) {
    this.facts = {
      operation,
      ...(services.audit !== undefined && { audited: { address: addressOf(peer) } }),
    };
    this.content = services.tracing.content;
    this.requestId = requestIdOf(readMetadata(metadata, REQUEST_ID));
    this.span = services.tracing.start({
      name: operation,
      kind: 'server',
      parent: readTraceFields((name) => readMetadata(metadata, name)),
    });
    this.log = services.logger.child({ requestId: this.requestId, ...this.span.ids });
  }

  /** Tells the client the ID of its call, as HTTP does. */
  trailers(metadata = new Metadata()): Metadata {
    metadata.set(REQUEST_ID, this.requestId);
    return metadata;
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
      const { operation, agent } = this.facts;
      const known = { err: error, operation, agent };
      if (wire.unexpected) this.log.error(known, 'unexpected error');
      else if (wire.failure) this.log.warn(known, wire.message);
      else if (wire.httpStatus === 401 || wire.httpStatus === 403) logRefusal(this.log, error);
      this.end(wire.grpcStatus, wire.reason);
    }
    const sent = toGrpcError(wire);
    this.onFailure({ ...sent, metadata: this.trailers(sent.metadata) });
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
    const { facts, version } = this;
    const outcome = reason ?? (code === 'CANCELLED' ? 'CLIENT_GONE' : code);
    const ended: EndedRequest = { facts, outcome, binding: 'GRPC', version, milliseconds };
    meterRequest(this.services.metrics, ended);
    this.log.info({ ...requestLine(ended), status: code }, 'request');
    const { requestId, span } = this;
    auditRequest(this.services, ended, { milliseconds, requestId, traceId: span.ids.trace_id });
    this.span.set({ 'rpc.response.status_code': code });
    endSpan(this.span, ended, facts.operation);
  }
}

/** The address of `getPeer()`, which is followed by the port. */
function addressOf(peer: string): string | undefined {
  return shownAddress(/^(.*):\d+$/.exec(peer)?.[1]);
}

/** What the SDK's service finds wrong before it asks the handler is wrong with the request. */
function ownError({ code, details = '' }: Partial<ServiceError>): unknown {
  if (code === status.INVALID_ARGUMENT) {
    return new InvalidParamsError([{ field: 'request', description: details }]);
  }
  return new Error(`the SDK's gRPC service has failed: ${details}`);
}
