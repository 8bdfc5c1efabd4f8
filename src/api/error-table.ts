import { A2AError, type BridgeErrorReason, type FieldViolation } from '../a2a/errors';

/** How one kind of error looks in each binding. */
export interface ErrorRow {
  jsonRpcCode: number;
  httpStatus: number;
  /** Name of the google.rpc.Code. */
  grpcStatus: string;
}

/** Reasons of the errors that the specification names (section 3.3.2), and of invalid parameters. */
export type SpecifiedReason =
  | 'TASK_NOT_FOUND'
  | 'TASK_NOT_CANCELABLE'
  | 'PUSH_NOTIFICATION_NOT_SUPPORTED'
  | 'UNSUPPORTED_OPERATION'
  | 'CONTENT_TYPE_NOT_SUPPORTED'
  | 'INVALID_AGENT_RESPONSE'
  | 'EXTENDED_AGENT_CARD_NOT_CONFIGURED'
  | 'EXTENSION_SUPPORT_REQUIRED'
  | 'VERSION_NOT_SUPPORTED'
  | 'INVALID_PARAMS';

export type ErrorReason = SpecifiedReason | BridgeErrorReason;

/**
 * Every error that a caller can get, by its reason: specification sections 5.4 and 9.5, then our own. Where a
 * JSON-RPC code is missing in both, it is the generic server error -32000.
 */
export const ERROR_TABLE: Readonly<Record<ErrorReason, ErrorRow>> = {
  TASK_NOT_FOUND: row(-32001, 404, 'NOT_FOUND'),
  TASK_NOT_CANCELABLE: row(-32002, 400, 'FAILED_PRECONDITION'),
  PUSH_NOTIFICATION_NOT_SUPPORTED: row(-32003, 400, 'FAILED_PRECONDITION'),
  UNSUPPORTED_OPERATION: row(-32004, 400, 'FAILED_PRECONDITION'),
  CONTENT_TYPE_NOT_SUPPORTED: row(-32005, 400, 'INVALID_ARGUMENT'),
  INVALID_AGENT_RESPONSE: row(-32006, 500, 'INTERNAL'),
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: row(-32007, 400, 'FAILED_PRECONDITION'),
  EXTENSION_SUPPORT_REQUIRED: row(-32008, 400, 'FAILED_PRECONDITION'),
  VERSION_NOT_SUPPORTED: row(-32009, 400, 'FAILED_PRECONDITION'),
  INVALID_PARAMS: row(-32602, 400, 'INVALID_ARGUMENT'),

  PARSE_ERROR: row(-32700, 400, 'INVALID_ARGUMENT'),
  INVALID_REQUEST: row(-32600, 400, 'INVALID_ARGUMENT'),
  METHOD_NOT_FOUND: row(-32601, 404, 'UNIMPLEMENTED'),
  METHOD_NOT_ALLOWED: row(-32600, 405, 'UNIMPLEMENTED'),
  NOT_FOUND: row(-32601, 404, 'NOT_FOUND'),
  // The Content-Type of the request itself; that of a message's part is CONTENT_TYPE_NOT_SUPPORTED.
  UNSUPPORTED_MEDIA_TYPE: row(-32005, 415, 'INVALID_ARGUMENT'),
  PAYLOAD_TOO_LARGE: row(-32600, 413, 'RESOURCE_EXHAUSTED'),
  UNAUTHENTICATED: row(-32000, 401, 'UNAUTHENTICATED'),
  PERMISSION_DENIED: row(-32000, 403, 'PERMISSION_DENIED'),
  RESOURCE_EXHAUSTED: row(-32000, 429, 'RESOURCE_EXHAUSTED'),
  UNAVAILABLE: row(-32603, 503, 'UNAVAILABLE'),
  INTERNAL_ERROR: row(-32603, 500, 'INTERNAL'),
};

function row(jsonRpcCode: number, httpStatus: number, grpcStatus: string): ErrorRow {
  return { jsonRpcCode, httpStatus, grpcStatus };
}

/** An error as a caller may see it. */
export interface WireError extends ErrorRow {
  reason: ErrorReason;
  message: string;
  metadata: Readonly<Record<string, string>>;
  violations: readonly FieldViolation[];
  /** Response headers that belong to it. */
  headers: Readonly<Record<string, string>>;
  /** An error that no code has foreseen: it is logged in full, and the answer says nothing of it. */
  unexpected: boolean;
  /** A failure of something behind the server, which is logged, too. */
  failure: boolean;
}

/** Looks an error up; whatever is not an A2AError becomes "Internal error". */
export function toWireError(error: unknown): WireError {
  if (error instanceof A2AError && isKnown(error.reason)) {
    const row = ERROR_TABLE[error.reason];
    const more = error as {
      violations?: readonly FieldViolation[];
      headers?: Readonly<Record<string, string>>;
    };
    return {
      ...row,
      reason: error.reason,
      message: error.message,
      metadata: error.metadata ?? {},
      violations: more.violations ?? [],
      headers: more.headers ?? {},
      unexpected: false,
      failure: row.httpStatus >= 500 && error.cause !== undefined,
    };
  }
  return {
    ...ERROR_TABLE.INTERNAL_ERROR,
    reason: 'INTERNAL_ERROR',
    message: 'Internal error',
    metadata: {},
    violations: [],
    headers: {},
    unexpected: true,
    failure: true,
  };
}

function isKnown(reason: string): reason is ErrorReason {
  return Object.hasOwn(ERROR_TABLE, reason);
}
