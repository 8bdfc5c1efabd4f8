import { BridgeError, InvalidParamsError } from '../a2a/errors';
import { isObject } from '../a2a/is-object';
import { describe } from '../a2a/proto-json';

export type JsonRpcId = string | number | null;

/** A JSON-RPC 2.0 request whose envelope is right. */
export interface JsonRpcCall {
  id: JsonRpcId;
  method: string;
  params: Record<string, unknown>;
}

/** The ID that an answer can carry, also when the rest of the request is wrong. */
export function readId(body: unknown): JsonRpcId {
  if (!isObject(body)) return null;
  return typeof body.id === 'string' || Number.isFinite(body.id) ? (body.id as JsonRpcId) : null;
}

/**
 * Checks the envelope. A request without an ID would be a notification, which JSON-RPC answers with nothing,
 * not even an error. Every A2A operation has an answer (section 9.4), so it is refused rather than run unseen.
 * @throws BridgeError INVALID_REQUEST; InvalidParamsError for parameters by position
 */
export function readCall(body: unknown): JsonRpcCall {
  if (Array.isArray(body)) throw invalid('Batches are not supported: send one request at a time');
  if (!isObject(body)) throw invalid(`The request must be a JSON object, got ${describe(body)}`);
  const { id, method, params } = body;
  if (body.jsonrpc !== '2.0') throw invalid(`jsonrpc must be "2.0", got ${describe(body.jsonrpc)}`);
  if (id === undefined) throw invalid('id is required: A2A has no notifications');
  if (id !== null && typeof id !== 'string' && !Number.isFinite(id)) {
    throw invalid(`id must be a string, a number or null, got ${describe(id)}`);
  }
  if (typeof method !== 'string') throw invalid(`method must be a string, got ${describe(method)}`);
  if (params === undefined || params === null) return { id: id as JsonRpcId, method, params: {} };
  if (Array.isArray(params)) {
    throw new InvalidParamsError([{ field: 'params', description: 'must be a JSON object, got a list' }]);
  }
  if (!isObject(params)) throw invalid(`params must be a JSON object, got ${describe(params)}`);
  return { id: id as JsonRpcId, method, params };
}

function invalid(message: string): BridgeError {
  return new BridgeError('INVALID_REQUEST', message);
}
