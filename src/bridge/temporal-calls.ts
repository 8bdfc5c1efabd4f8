import { status as GRPC } from '@grpc/grpc-js';
import {
  type Client,
  type ConnectionLike,
  isGrpcServiceError,
  ServiceError,
  WorkflowClient,
} from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Logger } from 'pino';
import { type BridgeError, unavailable } from '../a2a/errors';
import { type Availability, availabilityOf, isConnectionError, notReached } from '../temporal/availability';
import { guardCodecs } from '../temporal/codecs';
import { assertOneSdk } from '../temporal/one-sdk';
import { Payloads } from '../temporal/payloads';
import { withoutRetries } from '../temporal/without-retries';
import { ReadReports } from './read-reports';
import { NO_TRACING, type Tracing } from '../tracing/tracing';
import { startHeaders } from './start-headers';
import { traceHeaders } from './trace-headers';

type Service = Client['workflowService'];

/** Where the bridge logs, in pino's manner: `logger.warn({ taskId }, 'what happened')`. */
export type BridgeLogger = Pick<Logger, 'info' | 'warn'>;

const silent: BridgeLogger = { info: () => {}, warn: () => {} };

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
export type HistoryPage = temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse;
export type DescribedExecution = temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse;

/** The codes of gRPC. */
export { GRPC };

const { HISTORY_EVENT_FILTER_TYPE_ALL_EVENT, HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT } =
  temporal.api.enums.v1.HistoryEventFilterType;

/** Time in ms that Temporal has for an ordinary call before the caller hears that it is unavailable. */
const CALL_TIMEOUT_MS = 4_000;

/** Time in ms for a long poll, which an idle server answers with an empty page after 20 s. */
const POLL_TIMEOUT_MS = 60_000;

/** Temporal answers a long poll this long before its deadline in ms, and at once when there is no more time. */
export const POLL_MARGIN_MS = 1_000;

export interface PollOptions {
  signal: AbortSignal;
  nextPageToken?: Uint8Array;
  closeEventOnly?: boolean;
  timeoutMs?: number;
}

export interface ExecutionRef {
  workflowId: string;
  runId?: string;
}

export interface RunDescription {
  runId: string;
  /** Number of events that the history holds; transient workflow task events do not count. */
  historyLength: number;
  /** The run that took this one's place when it was reset; the latest, when that was done more than once. */
  resetRunId?: string;
}

/**
 * The raw calls that the bridge makes, with deadlines. They throw gRPC errors as they are, and BridgeError UNAVAILABLE
 * while Temporal is away.
 */
export class TemporalCalls {
  readonly payloads: Payloads;
  /** Starts workflows. */
  readonly workflows: WorkflowClient;
  /** As {@link workflows}; each call is made once, where the connection can be told so. */
  readonly workflowsOnce: WorkflowClient;
  readonly reports: ReadReports;
  readonly namespace: string;
  readonly availability: Availability;
  private readonly polling: Service;

  /**
   * @param availability of the client's connection, when somebody else asks for it too
   * @param tracing by whose traces go on what is started
   * @throws TypeError when another copy of the SDK is loaded
   */
  constructor(
    readonly client: Client,
    readonly logger: BridgeLogger = silent,
    availability?: Availability,
    readonly tracing: Tracing = NO_TRACING,
  ) {
    assertOneSdk();
    this.reports = new ReadReports(logger);
    const codecs = guardCodecs(client.options.loadedDataConverter.payloadCodecs, (error) =>
      this.reports.codecFailed(error),
    );
    this.payloads = new Payloads(client, codecs);
    this.polling = withoutRetries(client.workflowService, client.connection);
    const once = Object.create(client.connection, { workflowService: { value: this.polling } });
    this.workflows = workflowClient(client, client.connection, codecs, tracing);
    this.workflowsOnce = workflowClient(client, once, codecs, tracing);
    this.namespace = client.options.namespace;
    this.availability = availability ?? availabilityOf(client, { logger });
  }

  /** One call that should be answered at once. */
  call<T>(run: (service: Service) => Promise<T>, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    return this.within(timeoutMs, () => run(this.client.workflowService));
  }

  /** Calls of any client on the same connection that should be answered at once. */
  within<T>(timeoutMs: number, run: () => Promise<T>): Promise<T> {
    return this.availability.call(() => this.client.withDeadline(Date.now() + timeoutMs, run), timeoutMs);
  }

  /** A page of history, as it is now. */
  readHistory(
    execution: ExecutionRef,
    nextPageToken?: Uint8Array,
    maximumPageSize?: number,
  ): Promise<HistoryPage> {
    return this.call((service) =>
      service.getWorkflowExecutionHistory({
        namespace: this.namespace,
        execution,
        ...(nextPageToken !== undefined && { nextPageToken }),
        ...(maximumPageSize !== undefined && { maximumPageSize }),
      }),
    );
  }

  /**
   * A page of history, from the start or behind a token, with a token for what comes next; empty when nothing is new,
   * which takes about 10 ms. For Temporal it is a long poll: gRPC RESOURCE_EXHAUSTED at once when it has none to spare.
   */
  readNewHistory(
    execution: ExecutionRef,
    nextPageToken?: Uint8Array,
    maximumPageSize?: number,
  ): Promise<HistoryPage> {
    // There always is something at the start; behind it Temporal would wait for longer than a second.
    const timeoutMs = nextPageToken === undefined ? CALL_TIMEOUT_MS : POLL_MARGIN_MS;
    return this.within(timeoutMs, () =>
      this.polling.getWorkflowExecutionHistory({
        namespace: this.namespace,
        execution,
        waitNewEvent: true,
        ...(nextPageToken !== undefined && { nextPageToken }),
        ...(maximumPageSize !== undefined && { maximumPageSize }),
      }),
    );
  }

  /** The closing event of a closed run. */
  async readClosingEvent(execution: ExecutionRef): Promise<HistoryEvent | undefined> {
    const page = await this.call((service) =>
      service.getWorkflowExecutionHistory({
        namespace: this.namespace,
        execution,
        historyEventFilterType: HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
      }),
    );
    return page.history?.events?.at(-1);
  }

  /**
   * A page of history, waiting for one while there is nothing new; empty when nothing came for long. A call that fails
   * is not made again.
   *
   * A NativeConnection cannot abort a call: it goes on, up to its time limit, after the caller has gone.
   */
  async pollHistory(execution: ExecutionRef, options: PollOptions): Promise<HistoryPage> {
    const { signal, nextPageToken, closeEventOnly = false, timeoutMs = POLL_TIMEOUT_MS } = options;
    const { client, namespace } = this;
    const poll = () =>
      this.polling.getWorkflowExecutionHistory({
        namespace,
        execution,
        waitNewEvent: true,
        historyEventFilterType: closeEventOnly
          ? HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT
          : HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
        ...(nextPageToken !== undefined && { nextPageToken }),
      });
    // A Connection listens to the signal of each call for as long as that signal lives.
    const own = new AbortController();
    const abort = () => own.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await this.availability.poll(() =>
        client.withAbortSignal(own.signal, () => client.withDeadline(Date.now() + timeoutMs, poll)),
      );
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** What Temporal knows of a workflow beside its history. */
  describe(execution: ExecutionRef): Promise<DescribedExecution> {
    return this.call((service) =>
      service.describeWorkflowExecution({ namespace: this.namespace, execution }),
    );
  }

  /** A run as it is now; the current one unless the reference names another. */
  async describeRun(execution: ExecutionRef): Promise<RunDescription> {
    const { workflowExecutionInfo: info, workflowExtendedInfo: extended } = await this.describe(execution);
    return {
      runId: info?.execution?.runId ?? '',
      historyLength: Number(info?.historyLength ?? 0),
      ...(extended?.resetRunId && { resetRunId: extended.resetRunId }),
    };
  }
}

/** A client of our own, since header fields come from interceptors. */
function workflowClient(
  { options }: Client,
  connection: ConnectionLike,
  payloadCodecs: PayloadCodec[],
  tracing: Tracing,
): WorkflowClient {
  const { namespace, identity, dataConverter, interceptors } = options;
  const own = Array.isArray(interceptors.workflow) ? interceptors.workflow : [];
  return new WorkflowClient({
    connection,
    namespace,
    identity,
    dataConverter: { ...dataConverter, payloadCodecs },
    interceptors: [...own, startHeaders, traceHeaders(tracing)],
  });
}

export function isGrpcError(error: unknown, ...codes: GRPC[]): boolean {
  return isGrpcServiceError(error) && codes.includes(error.code);
}

/** The token of a page of anything for the next one; undefined on the last page. */
export function tokenOf(page: { nextPageToken?: Uint8Array | null }): Uint8Array | undefined {
  return page.nextPageToken?.length ? page.nextPageToken : undefined;
}

/** What a failed call to Temporal means to the client of the bridge; other errors stay as they are. */
export function fromTemporal(error: unknown): BridgeError | unknown {
  // The WorkflowClient, which starts workflows, wraps what the raw calls throw.
  if (error instanceof ServiceError && isGrpcServiceError(error.cause)) return fromTemporal(error.cause);
  if (!isGrpcServiceError(error)) return error;
  if (isGrpcError(error, GRPC.RESOURCE_EXHAUSTED)) {
    return unavailable('Temporal is too busy; try again in a moment', error);
  }
  const late = isGrpcError(error, GRPC.DEADLINE_EXCEEDED, GRPC.CANCELLED);
  return late || isConnectionError(error) ? notReached(error) : error;
}

/** Waits for the call no longer than its caller is there; the call itself may go on. */
export async function abortable<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  // When the caller has gone nothing handles the call's failure, and an unhandled one would end the process.
  call.catch(() => {});
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
