import { status as GRPC } from '@grpc/grpc-js';
import { type ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { A2AError } from '../../a2a/errors';
import { detailedFailure } from '../detailed-failure';
import { isOutboundError, type OutboundFailure } from '../../outbound/outbound-error';

/** `type` of the ApplicationFailure of a call that brought no answer, and whether trying again may help. */
export const REMOTE_FAULTS = {
  /** The URL, a redirect or an address behind them is not to be called. */
  A2A_REMOTE_REFUSED: { retryable: false },
  A2A_REMOTE_UNREACHABLE: { retryable: true },
  A2A_REMOTE_TIMEOUT: { retryable: true },
  /** 5xx, 408 and 429, or the agent says that something went wrong inside. */
  A2A_REMOTE_UNAVAILABLE: { retryable: true },
  /** It failed so often that it is left alone for a while. */
  A2A_REMOTE_CIRCUIT_OPEN: { retryable: true },
  /** Any other 4xx. */
  A2A_REMOTE_HTTP_ERROR: { retryable: false },
  A2A_REMOTE_UNAUTHORIZED: { retryable: false },
  /** An error that A2A names, such as TaskNotFoundError. */
  A2A_REMOTE_ERROR: { retryable: false },
  A2A_REMOTE_BAD_CARD: { retryable: false },
  /** The answer is not what A2A allows, or not about what was asked. */
  A2A_REMOTE_BAD_ANSWER: { retryable: false },
  A2A_REMOTE_TOO_LARGE: { retryable: false },
  /** A credential that cannot be read, or none that fits the card. */
  A2A_REMOTE_CREDENTIALS: { retryable: false },
} as const;

export type FaultType = keyof typeof REMOTE_FAULTS;

/** What clients read of a fault that says nothing else for them, behind "The remote agent". */
const SHOWN: Record<FaultType, string> = {
  A2A_REMOTE_REFUSED: 'may not be called from here',
  A2A_REMOTE_UNREACHABLE: 'cannot be reached',
  A2A_REMOTE_TIMEOUT: 'has not answered in time',
  A2A_REMOTE_UNAVAILABLE: 'is not available',
  A2A_REMOTE_CIRCUIT_OPEN: 'has failed several times in a row and is not called for a while',
  A2A_REMOTE_HTTP_ERROR: 'has refused the request',
  A2A_REMOTE_UNAUTHORIZED: 'does not accept the credentials',
  A2A_REMOTE_ERROR: 'has refused the request',
  A2A_REMOTE_BAD_CARD: 'has no usable card',
  A2A_REMOTE_BAD_ANSWER: 'has given an answer that cannot be read',
  A2A_REMOTE_TOO_LARGE: 'has said more than a workflow can take',
  A2A_REMOTE_CREDENTIALS: 'cannot be called: a credential is missing, or none fits',
};

/** What a remote agent did wrong, in words that follow its name: "answered with status 500". */
export class RemoteFault extends Error {
  override readonly name = 'RemoteFault';
  readonly type: FaultType;
  /** When the agent wants to be asked again, in ms from now. */
  readonly retryAfterMs: number | undefined;
  /** Code of a JSON-RPC error, where that matters. */
  readonly code: number | undefined;
  /** Reason of an A2A error, such as TASK_NOT_FOUND. */
  readonly reason: string | undefined;
  /** What clients read, behind "The remote agent": nothing of addresses and settings, and of the agent what it has answered. */
  readonly shown: string;

  constructor(
    type: FaultType,
    message: string,
    more: {
      retryAfterMs?: number | undefined;
      code?: number;
      reason?: string;
      shown?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.type = type;
    this.retryAfterMs = more.retryAfterMs;
    this.code = more.code;
    this.reason = more.reason;
    this.shown = more.shown ?? SHOWN[type];
  }

  get retryable(): boolean {
    return REMOTE_FAULTS[this.type].retryable;
  }

  /** Whether it speaks against the agent's health, rather than against the call. */
  get unhealthy(): boolean {
    return this.retryable && this.type !== 'A2A_REMOTE_CIRCUIT_OPEN';
  }
}

const OUTBOUND_FAULTS: Record<OutboundFailure, FaultType> = {
  refused: 'A2A_REMOTE_REFUSED',
  redirect: 'A2A_REMOTE_REFUSED',
  network: 'A2A_REMOTE_UNREACHABLE',
  timeout: 'A2A_REMOTE_TIMEOUT',
  'too-large': 'A2A_REMOTE_TOO_LARGE',
};

/** gRPC status codes of a call that may succeed later. */
const GRPC_LATER = [GRPC.UNKNOWN, GRPC.RESOURCE_EXHAUSTED, GRPC.ABORTED, GRPC.INTERNAL, GRPC.UNAVAILABLE];
const GRPC_UNAUTHORIZED = [GRPC.PERMISSION_DENIED, GRPC.UNAUTHENTICATED];

/** -32603, internal error. */
const RPC_INTERNAL = -32603;

/** Whatever was thrown while `doing` something ("getting the task"), as a fault. */
export function toFault(error: unknown, doing: string): RemoteFault {
  if (isRemoteFault(error)) return error;
  if (isOutboundError(error)) {
    return new RemoteFault(OUTBOUND_FAULTS[error.failure], `failed while ${doing}: ${error.message}`, {
      cause: error,
    });
  }
  const cause = causeOf(error);
  if (cause instanceof A2AError) return fromA2AError(cause, doing);
  if (isOutboundError(cause) || isRemoteFault(cause)) return toFault(cause, doing);
  // What is left comes from the SDK, which could not read the answer.
  return new RemoteFault(
    'A2A_REMOTE_BAD_ANSWER',
    `gave an answer that cannot be read while ${doing}: ${shortMessage(error)}`,
    {
      cause: error,
    },
  );
}

function fromA2AError(error: A2AError, doing: string): RemoteFault {
  const { status, envelopeCode, statusCode } = error as {
    status?: GRPC;
    envelopeCode?: number;
    statusCode?: number;
  };
  const said = `failed while ${doing}: ${shortMessage(error)}`;
  const isNamed = error.name !== 'A2AError';
  if (!isNamed && status !== undefined) {
    if (GRPC_UNAUTHORIZED.includes(status)) return new RemoteFault('A2A_REMOTE_UNAUTHORIZED', said);
    if (status === GRPC.DEADLINE_EXCEEDED) return new RemoteFault('A2A_REMOTE_TIMEOUT', said);
    if (GRPC_LATER.includes(status)) return new RemoteFault('A2A_REMOTE_UNAVAILABLE', said);
  }
  const isInternal = envelopeCode === RPC_INTERNAL || (statusCode !== undefined && statusCode >= 500);
  if (!isNamed && isInternal) {
    const shown = envelopeCode === undefined ? undefined : said;
    return new RemoteFault('A2A_REMOTE_UNAVAILABLE', said, { shown });
  }
  return new RemoteFault('A2A_REMOTE_ERROR', said, {
    shown: said,
    ...(isNamed && { reason: error.reason }),
    ...(envelopeCode !== undefined && { code: envelopeCode }),
  });
}

/** The innermost thing that we know. */
function causeOf(error: unknown): unknown {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    if (at instanceof A2AError || isOutboundError(at) || isRemoteFault(at)) return at;
    at = (at as { cause?: unknown }).cause;
  }
  return undefined;
}

export function isRemoteFault(error: unknown): error is RemoteFault {
  return typeof error === 'object' && error !== null && (error as Error).name === 'RemoteFault';
}

/** What an error says, on one line and not at length: agents put whole pages there. */
function shortMessage(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null ? String((error as Error).message) : String(error);
  return shortText(message);
}

export function shortText(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 300)}...`;
}

/** The failure of the activity. `agent` is the URL by which it is known. */
export function toFailure(
  fault: RemoteFault,
  agent: string,
  redact: (text: string) => string,
): ApplicationFailure {
  return detailedFailure(
    {
      message: redact(`The remote agent ${fault.shown}`),
      type: fault.type,
      nonRetryable: !fault.retryable,
      details: [{ agent, ...(fault.reason !== undefined && { reason: fault.reason }) }],
      ...(fault.retryAfterMs !== undefined && { nextRetryDelay: Math.max(1, Math.ceil(fault.retryAfterMs)) }),
    },
    redact(`Agent ${agent} ${fault.message}`),
  );
}

/** What is no fault of the agent but of the worker, which may tell of its files and of Temporal's address. */
export function unexpectedFailure(error: unknown, agent: string, redact: (text: string) => string): unknown {
  if (error instanceof TemporalFailure) return error;
  const { name = 'Error', message = String(error) } = error instanceof Error ? error : {};
  return detailedFailure(
    { message: 'The call of the remote agent has failed in its worker', type: name, details: [{ agent }] },
    redact(`Agent ${agent}: ${message}`),
  );
}
