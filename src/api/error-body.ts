import type { ProtocolVersion } from '../bridge/types';
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
  if (error.violations.length === 0) return [info];
  return [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: error.violations }, info];
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

/** A JSON-RPC error response (specification section 9.5). */
export function jsonRpcErrorBody(error: WireError, id: JsonRpcId, version: ProtocolVersion = '1.0'): object {
  if (version !== '1.0') return { jsonrpc: '2.0', id, error: plainError(error) };
  return {
    jsonrpc: '2.0',
    id,
    error: { code: error.jsonRpcCode, message: error.message, data: details(error) },
  };
}

/**
 * An error as versions before 1.0 have it, in JSON-RPC and in HTTP+JSON (specification 0.3.0, section 6.12). There
 * `data` may be anything, but the Go SDK reads nothing else than 1.0's list.
 */
export function plainError(error: WireError): object {
  return { code: error.jsonRpcCode, message: error.message, data: details(error) };
}
