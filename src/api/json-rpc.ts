import type { Context } from 'koa';
import { BridgeError } from '../a2a/errors';
import { describe } from '../a2a/proto-json';
import { admit } from './authentication';
import { serveCall } from './call';
import { jsonRpcErrorBody } from './error-body';
import { type JsonRpcId, readCall, readId } from './json-rpc-envelope';
import { OPERATIONS } from './operations';
import { readJsonBody } from './request-body';
import { requestContext } from './request-context';
import { readVersion } from './service-parameters';
import type { Services } from './services';

const BY_METHOD = new Map(OPERATIONS.map((operation) => [operation.name, operation]));

/** The JSON-RPC binding (specification section 9): one request. */
export async function serveJsonRpc(
  services: Services,
  ctx: Context,
  agentId: string | undefined,
): Promise<void> {
  const context = requestContext(ctx);
  context.binding = { kind: 'json-rpc', id: null };
  await admit(services, ctx, { agentId });
  const body = await readJsonBody(ctx, services.maxBodyBytes);
  if (body === undefined) throw new BridgeError('PARSE_ERROR', 'Invalid JSON payload: the body is empty');
  context.binding = { kind: 'json-rpc', id: readId(body) };
  const { id, method, params } = readCall(body);

  // Other versions have other methods, so this is where one is told from another.
  readVersion(ctx);
  const operation = BY_METHOD.get(method);
  if (operation === undefined) {
    throw new BridgeError('METHOD_NOT_FOUND', `Method not found: ${describe(method)}`);
  }
  const before = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
  await serveCall(
    services,
    ctx,
    { operation, address: { agentId }, params },
    {
      answer: (result) => answer(ctx, id, result),
      eventFrame: { before, after: '}' },
      errorEvent: (error) => `data: ${JSON.stringify(jsonRpcErrorBody(error, id))}\n\n`,
    },
  );
}

function answer(ctx: Context, id: JsonRpcId, result: object): void {
  ctx.status = 200;
  ctx.type = 'application/json';
  ctx.body = JSON.stringify({ jsonrpc: '2.0', id, result });
}
