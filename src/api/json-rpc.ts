import type { Context } from 'koa';
import { BridgeError } from '../a2a/errors';
import { describe } from '../a2a/proto-json';
import type { ProtocolVersion } from '../bridge/types';
import { methodOfAgentNative, type Surface } from './agent-native/methods';
import { admit } from './authentication';
import { serveCall } from './call';
import { jsonRpcErrorBody } from './error-body';
import type { WireError } from './error-table';
import { type JsonRpcId, readCall, readId } from './json-rpc-envelope';
import { OPERATIONS, type Operation } from './operations';
import { readJsonBody } from './request-body';
import { requestContext } from './request-context';
import { type NegotiatedVersion, namedVersion, SUPPORTED_VERSIONS } from './service-parameters';
import type { Services } from './services';
import { METHODS_V03_AND_V02, methodOfV02, saysV02 } from './v0-2/dispatch';

/** What each version calls its methods. */
const METHODS: Readonly<Record<NegotiatedVersion, ReadonlyMap<string, Operation>>> = {
  '1.0': new Map(OPERATIONS.map((operation) => [operation.name, operation])),
  '0.3': METHODS_V03_AND_V02,
};

/**
 * The JSON-RPC binding (specification section 9): one request.
 * @param surface set where clients of agent-native call
 */
export async function serveJsonRpc(
  services: Services,
  ctx: Context,
  agentId: string | undefined,
  surface?: Surface,
): Promise<void> {
  requestContext(ctx).binding = { kind: 'json-rpc', id: null };
  await admit(services, ctx, { agentId });
  const body = await readJsonBody(ctx, services.maxBodyBytes);
  if (body === undefined) throw new BridgeError('PARSE_ERROR', 'Invalid JSON payload: the body is empty');
  await serveJsonRpcBody(services, ctx, agentId, body, surface);
}

/** The same for a body that has been read, of a caller that has been admitted. */
export async function serveJsonRpcBody(
  services: Services,
  ctx: Context,
  agentId: string | undefined,
  body: unknown,
  surface?: Surface,
): Promise<void> {
  requestContext(ctx).binding = { kind: 'json-rpc', id: readId(body) };
  const { id, method, params } = readCall(body);

  const own = surface && methodOfAgentNative(ctx, surface, method, params);
  const older = methodOfV02(ctx, method);
  const version = older !== undefined || saysV02(ctx) ? '0.2' : (namedVersion(ctx) ?? versionOf(method));
  requestContext(ctx).binding = { kind: 'json-rpc', version, id };
  const operation = own ?? older ?? findMethod(version, method);
  const before = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
  await serveCall(
    services,
    ctx,
    { operation, address: { agentId }, params, version },
    {
      answer: (result) => answer(ctx, id, result),
      eventFrame: { before, after: '}' },
      errorEvent: errorEventOf(id),
    },
  );
}

/** A request that names no version is one of the only version that has its method; without one, of 0.3 (section 3.6.2). */
function versionOf(method: string): NegotiatedVersion {
  return METHODS['1.0'].has(method) ? '1.0' : '0.3';
}

/** @throws BridgeError METHOD_NOT_FOUND */
function findMethod(version: ProtocolVersion, method: string): Operation {
  const operation = version === '0.2' ? undefined : METHODS[version].get(method);
  if (operation !== undefined) return operation;
  const other = SUPPORTED_VERSIONS.find((known) => METHODS[known].has(method));
  const hint = other === undefined ? '' : `, which is one of A2A ${other} and not of ${version}`;
  throw new BridgeError('METHOD_NOT_FOUND', `Method not found: ${describe(method)}${hint}`);
}

function errorEventOf(id: JsonRpcId): (error: WireError) => string {
  return (error) => `data: ${JSON.stringify(jsonRpcErrorBody(error, id))}\n\n`;
}

function answer(ctx: Context, id: JsonRpcId, result: object | null): void {
  ctx.status = 200;
  ctx.type = 'application/json';
  ctx.body = JSON.stringify({ jsonrpc: '2.0', id, result });
}
