import type { Context } from 'koa';
import { BridgeError, InvalidParamsError } from '../a2a/errors';
import { isObject } from '../a2a/is-object';
import { describe } from '../a2a/proto-json';
import { admit } from './authentication';
import { serveCall } from './call';
import { statusBody } from './error-body';
import type { WireError } from './error-table';
import type { Operation } from './operations';
import { A2A_JSON, readJsonBody } from './request-body';
import { requestContext } from './request-context';
import type { Services } from './services';

/** The HTTP+JSON binding (specification section 11): one request, with the parameters of its path, decoded. */
export async function serveRest(
  services: Services,
  ctx: Context,
  operation: Operation,
  path: Readonly<Record<string, string>>,
): Promise<void> {
  requestContext(ctx).facts.operation = operation.name;
  const { agentId, pathTenant, ...ids } = path;
  await admit(services, ctx, { agentId, pathTenant });
  if (ctx.method === 'HEAD' && operation.kind === 'streaming') {
    throw new BridgeError('METHOD_NOT_ALLOWED', 'HEAD is not allowed on a stream', {
      headers: { Allow: operation.routes.map(({ method }) => method).join(', ') },
    });
  }
  const sent = ctx.method === 'POST' ? await readBody(services, ctx) : readQuery(ctx, operation);
  const params = { ...sent, ...ids };
  await serveCall(
    services,
    ctx,
    { operation, address: { agentId, pathTenant }, params },
    {
      answer: (result) => {
        ctx.status = 200;
        ctx.body = JSON.stringify(result);
        ctx.set('Content-Type', restContentType(ctx));
      },
      eventFrame: { before: '', after: '' },
      errorEvent,
    },
  );
}

function errorEvent(error: WireError): string {
  return `event: error\ndata: ${JSON.stringify(statusBody(error))}\n\n`;
}

async function readBody(services: Services, ctx: Context): Promise<Record<string, unknown>> {
  const body = await readJsonBody(ctx, services.maxBodyBytes);
  if (body === undefined) return {};
  if (isObject(body)) return body;
  throw new InvalidParamsError([
    { field: 'request', description: `must be a JSON object, got ${describe(body)}` },
  ]);
}

/** Query parameters as the fields of a request (section 11.5); an empty one is unset. */
export function readQuery(ctx: Context, operation: Operation): Record<string, unknown> {
  const params: Record<string, unknown> = Object.create(null);
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    if (value === '') continue;
    if (name in params) {
      throw new InvalidParamsError([{ field: name.slice(0, 100), description: 'must be given only once' }]);
    }
    const isBoolean = operation.queryBooleans?.includes(name) === true && ['true', 'false'].includes(value);
    params[name] = isBoolean ? value === 'true' : value;
  }
  return params;
}

/**
 * `application/a2a+json` for a client that accepts it, or that sends it and does not ask for plain JSON; the
 * kit and the Go client understand only `application/json`.
 */
export function restContentType(ctx: Context): string {
  const accept = ctx.get('Accept').toLowerCase();
  if (accept.includes(A2A_JSON)) return A2A_JSON;
  if (accept.includes('application/json')) return 'application/json';
  const sent = ctx.get('Content-Type').split(';')[0]?.trim().toLowerCase();
  return sent === A2A_JSON ? A2A_JSON : 'application/json';
}
