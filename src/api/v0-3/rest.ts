import type { Context } from 'koa';
import { BridgeError, InvalidParamsError } from '../../a2a/errors';
import { isObject } from '../../a2a/is-object';
import { describe } from '../../a2a/proto-json';
import { admit } from '../authentication';
import { serveCall } from '../call';
import { plainError } from '../error-body';
import type { WireError } from '../error-table';
import { serveJsonRpcBody } from '../json-rpc';
import { readJsonBody } from '../request-body';
import { requestContext } from '../request-context';
import { readQuery } from '../rest';
import { askedVersion } from '../service-parameters';
import type { Services } from '../services';
import { dialectOfSend } from './dialects';
import type { RestRouteV03 } from './rest-routes';

/** HTTP+JSON of 0.3 (specification 0.3.0, section 3.5.3), below `/v1`: one request, with the parameters of its path. */
export async function serveRestV03(
  services: Services,
  ctx: Context,
  route: RestRouteV03,
  path: Readonly<Record<string, string>>,
): Promise<void> {
  const context = requestContext(ctx);
  context.binding = { kind: 'http', version: '0.3' };
  context.facts.operation = route.operation.name;
  const { agentId, ...ids } = path;
  await admit(services, ctx, { agentId });
  if (ctx.method === 'HEAD' && route.operation.kind === 'streaming') {
    throw new BridgeError('METHOD_NOT_ALLOWED', 'HEAD is not allowed on a stream', {
      headers: { Allow: route.methods.join(', ') },
    });
  }
  const sent = ctx.method === 'POST' ? await readBody(services, ctx) : readQuery(ctx, route.operation);
  // agno's client sends JSON-RPC to these paths, and reads JSON-RPC from them.
  if ('jsonrpc' in sent && 'method' in sent) return serveJsonRpcBody(services, ctx, agentId, sent);
  await serveCall(
    services,
    ctx,
    {
      operation: route.operation,
      address: { agentId },
      params: { ...sent, ...ids },
      version: '0.3',
      ...(route.sends === true && { dialect: dialectOfSend(sent).name }),
    },
    {
      answer: (result) => {
        ctx.status = 200;
        ctx.body = JSON.stringify(result);
        ctx.set('Content-Type', 'application/json');
      },
      eventFrame: { before: '', after: '' },
      errorEvent,
    },
  );
}

function errorEvent(error: WireError): string {
  return `event: error\ndata: ${JSON.stringify(plainError(error))}\n\n`;
}

/** Where there is nothing to send, some clients send nothing and Go's sends `null`. */
async function readBody(services: Services, ctx: Context): Promise<Record<string, unknown>> {
  const body = (await readJsonBody(ctx, services.maxBodyBytes)) ?? {};
  if (isObject(body)) return body;
  throw new InvalidParamsError([
    { field: 'request', description: `must be a JSON object, got ${describe(body)}` },
  ]);
}

/** Whether a path below `/v1` is one of 1.0 after all: of an agent whose ID is `v1`. */
export function isOfAgentV1(services: Services, ctx: Context): boolean {
  return askedVersion(ctx) === '1.0' && services.agents.atPath({ pathTenant: 'v1' }) !== undefined;
}
