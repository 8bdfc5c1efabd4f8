import type { WireError } from './error-table';
import type { JsonRpcId } from './json-rpc-envelope';

/** Members of `error.data` (JSON-RPC) and `error.details` (HTTP+JSON), in the ProtoJSON form of Any. */
type ErrorDetail = { '@type': string } & Record<string, unknown>;

function details(error: WireError): ErrorDetail[] {
  const info: ErrorDetail = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: error.reason,
    domain: 'a2a-protocol.org',
    metadata: error.metadata,
  };
  const badRequest = {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: error.violations,
  };
  const retryAfter = Number(error.headers['Retry-After']);
  const retryInfo = {
    '@type': 'type.googleapis.com/google.rpc.RetryInfo',
    retryDelay: `${retryAfter}s`,
  };
  return [...(error.violations.length > 0 ? [badRequest] : []), info, ...(retryAfter > 0 ? [retryInfo] : [])];
}

/** `google.rpc.Status` in JSON (specification section 11.6). */
export function statusBody(error: WireError): object {
  return {
    error: {
      code: error.httpStatus,
      status: error.grpcStatus,
      message: error.message,
      details: details(error),
    },
  };
}

/**
 * A JSON-RPC error response (specification section 9.5). Versions before 1.0 let `data` be anything; there the Go
 * SDK reads nothing else than 1.0's list either.
 */
export function jsonRpcErrorBody(error: WireError, id: JsonRpcId): object {
  return { jsonrpc: '2.0', id, error: jsonRpcError(error) };
}

function jsonRpcError(error: WireError): object {
  return { code: error.jsonRpcCode, message: error.message, data: details(error) };
}

/**
 * An error of HTTP+JSON in 0.3, which leaves its shape open (specification 0.3.0, section 3.5.3): the JavaScript SDK
 * reads `code` and `message`, the Python SDK `type`, the Go SDK `error`.
 */
export function plainError(error: WireError): object {
  const type = error.reason
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/(?:Error)?$/, 'Error');
  return { ...jsonRpcError(error), type, ...statusBody(error) };
}
