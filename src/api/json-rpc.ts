import type { Context } from 'koa';
import { BridgeError, VersionNotSupportedError } from '../a2a/errors';
import { describe } from '../a2a/proto-json';
import type { ProtocolVersion } from '../bridge/types';
import { methodOfAgentNative, type Surface } from './agent-native/methods';
import { admit } from './authentication';
import { serveCall } from './call';
import { jsonRpcErrorBody } from './error-body';
import { type JsonRpcId, readCall, readId } from './json-rpc-envelope';
import { OPERATIONS, type Operation } from './operations';
import { readJsonBody } from './request-body';
import { requestContext } from './request-context';
import { type NegotiatedVersion, namesVersion, readVersion, SUPPORTED_VERSIONS } from './service-parameters';
import type { Services } from './services';
import { METHODS_V03_AND_V02, methodOfV02, saysV02 } from './v0-2/dispatch';

/** What each version calls its methods; a request that names no version has one that came before 1.0. */
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
  const context = requestContext(ctx);
  context.binding = { kind: 'json-rpc', id: null };
  await admit(services, ctx, { agentId });
  const body = await readJsonBody(ctx, services.maxBodyBytes);
  if (body === undefined) throw new BridgeError('PARSE_ERROR', 'Invalid JSON payload: the body is empty');
  context.binding = { kind: 'json-rpc', id: readId(body) };
  const { id, method, params } = readCall(body);

  const own = surface && methodOfAgentNative(ctx, surface, method, params);
  const older = methodOfV02(ctx, method);
  const version = older !== undefined || saysV02(ctx) ? '0.2' : readVersion(ctx);
  const operation = own ?? older ?? findMethod(ctx, version, method);
  const before = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
  await serveCall(
    services,
    ctx,
    { operation, address: { agentId }, params, version },
    {
      answer: (result) => answer(ctx, id, result),
      eventFrame: { before, after: '}' },
      errorEvent: (error) => `data: ${JSON.stringify(jsonRpcErrorBody(error, id))}\n\n`,
    },
  );
}

/** @throws BridgeError METHOD_NOT_FOUND; VersionNotSupportedError when it is one of 1.0 and no version is named */
function findMethod(ctx: Context, version: ProtocolVersion, method: string): Operation {
  const operation = version === '0.2' ? undefined : METHODS[version].get(method);
  if (operation !== undefined) return operation;
  const other = SUPPORTED_VERSIONS.find((known) => METHODS[known].has(method));
  if (other === '1.0' && !namesVersion(ctx)) {
    throw new VersionNotSupportedError({
      message: `${method} is a method of A2A 1.0, and a request without the header A2A-Version is one of 0.3: send A2A-Version: 1.0`,
      metadata: { requestedVersion: version, supportedVersions: SUPPORTED_VERSIONS.join(', ') },
    });
  }
  const hint = other === undefined ? '' : `, which is one of A2A ${other} and not of ${version}`;
  throw new BridgeError('METHOD_NOT_FOUND', `Method not found: ${describe(method)}${hint}`);
}

function answer(ctx: Context, id: JsonRpcId, result: object | null): void {
  ctx.status = 200;
  ctx.type = 'application/json';
  ctx.body = JSON.stringify({ jsonrpc: '2.0', id, result });
}
