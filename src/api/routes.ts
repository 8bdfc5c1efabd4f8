import Router from '@koa/router';
import type { Context } from 'koa';
import { A2AError, BridgeError, unavailable } from '../a2a/errors';
import { JWKS_PATH } from '../bridge/push-signer';
import { CALLBACK_PATH } from '../contract/callback';
import { agentCard, agentUrl, answerCard, cardInVersion } from './agent-card';
import { visibleAgents } from './authentication';
import { serveCallback } from './callbacks';
import { serveJsonRpc } from './json-rpc';
import { OPERATIONS, PUSH_STATUS } from './operations';
import { serveRest } from './rest';
import { askedVersion, assertSpoken } from './service-parameters';
import { baseUrl, grpcUrl, type Services } from './services';
import { cardToV02 } from './v0-2/card';
import { isOfAgentV1, serveRestV03 } from './v0-3/rest';
import { REST_ROUTES_V03 } from './v0-3/rest-routes';

const AGENT = '(?:/a2a/(?<agentId>[^/:]+))?';
const TENANT = '(?:/(?<pathTenant>[^/:]+))?';

/** Paths beside those of the specification, and what they stand for. */
const NAMED_PATHS: readonly [path: string, template: string][] = [
  ['/sendMessage', '/message:send'],
  ['/sendMessageStream', '/message:stream'],
];

/** Everything that is served, by path. What is not, is a NOT_FOUND or METHOD_NOT_ALLOWED. */
export function createRouter(services: Services): Router {
  const router = new Router();
  // HTTP dates have whole seconds, and the cards change only with a new start.
  const lastModified = new Date();

  const index = async (ctx: Context) => {
    ctx.body = {
      agents: (await visibleAgents(services, ctx)).map(({ id, name, description }) => {
        const card = `${baseUrl(services, ctx)}/a2a/${encodeURIComponent(id)}/.well-known/agent-card.json`;
        return { id, name, description, card };
      }),
    };
  };
  router.get(/^\/(?:a2a\/?)?$/, index);

  const jsonRpc = /^\/(?:a2a(?:\/(?<agentId>[^/:]+))?\/?)?$/;
  router.post(jsonRpc, (ctx) =>
    serveJsonRpc(
      services,
      ctx,
      pathParameters(ctx, jsonRpc).agentId,
      /^\/a2a\/?$/.test(ctx.path) ? 'either' : undefined,
    ),
  );
  const agentNative = new RegExp(`^${AGENT}/_agent-native/a2a/?$`);
  router.post(agentNative, (ctx) =>
    serveJsonRpc(services, ctx, pathParameters(ctx, agentNative).agentId, 'agent-native'),
  );

  const card = new RegExp(`^${AGENT}/\\.well-known/agent-card\\.json$`);
  router.get(card, (ctx) => {
    const { agentId } = pathParameters(ctx, card);
    const agent = services.agents.resolve({ agentId });
    const url = agentUrl(baseUrl(services, ctx), agent, agentId === undefined);
    answerCard(
      ctx,
      cardInVersion(ctx, agentCard(agent, url, { grpcUrl: grpcUrl(services, ctx) })),
      lastModified,
    );
  });

  const oldCard = new RegExp(`^${AGENT}/\\.well-known/agent\\.json$`);
  router.get(oldCard, (ctx) => {
    const { agentId } = pathParameters(ctx, oldCard);
    const agent = services.agents.resolve({ agentId });
    assertSpoken(agent, '0.2');
    const url = agentUrl(baseUrl(services, ctx), agent, agentId === undefined);
    answerCard(ctx, cardToV02(agentCard(agent, url, { grpcUrl: grpcUrl(services, ctx) }), url), lastModified);
  });

  const callback = new RegExp(`^${CALLBACK_PATH}/(?<workflowId>[^/]+)/(?<callId>[^/]+)$`);
  router.post(callback, (ctx) =>
    serveCallback(ctx, services.callbacks, pathParameters(ctx, callback), services.maxBodyBytes),
  );

  router.get(JWKS_PATH, (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=300');
    ctx.body = services.jwks ?? { keys: [] };
  });

  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    await services.health().catch((error: unknown) => {
      throw notReady(error);
    });
    ctx.body = { status: 'ready' };
  });

  for (const route of REST_ROUTES_V03) {
    const pattern = new RegExp(`^${AGENT}/v1${templatePattern(route.template)}$`);
    const handler = (ctx: Context, next: () => Promise<unknown>) =>
      isOfAgentV1(services, ctx) ? next() : serveRestV03(services, ctx, route, pathParameters(ctx, pattern));
    router.register(pattern, [...route.methods], handler, { pathAsRegExp: true });
  }

  for (const operation of [...OPERATIONS, PUSH_STATUS]) {
    for (const { method, template } of operation.routes) {
      const pattern = new RegExp(`^${AGENT}${TENANT}${templatePattern(template)}$`);
      const handler = (ctx: Context) => serveRest(services, ctx, operation, pathParameters(ctx, pattern));
      router.register(pattern, [method], handler, { pathAsRegExp: true });
    }
  }

  // Some documents call the operations so, and clients take that for a path. In 0.3 unless the request says 1.0.
  for (const [path, template] of NAMED_PATHS) {
    const pattern = new RegExp(`^${AGENT}${path}$`);
    const older = REST_ROUTES_V03.find((route) => route.template === template);
    const newer = OPERATIONS.find(({ routes }) => routes.some((route) => route.template === template));
    if (older === undefined || newer === undefined) throw new RangeError(`nothing is served at ${template}`);
    const handler = (ctx: Context) =>
      askedVersion(ctx) === '1.0'
        ? serveRest(services, ctx, newer, pathParameters(ctx, pattern))
        : serveRestV03(services, ctx, older, pathParameters(ctx, pattern));
    router.register(pattern, ['POST'], handler, { pathAsRegExp: true });
  }
  return router;
}

/** A template of the proto file as a regular expression: a parameter is one segment up to the verb. */
function templatePattern(template: string): string {
  return template.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/:]+)');
}

function pathParameters(ctx: Context, pattern: RegExp): Record<string, string> {
  const groups = Object.entries(pattern.exec(ctx.path)?.groups ?? {});
  return Object.fromEntries(
    groups.flatMap(([name, value]) => (value === undefined ? [] : [[name, decodeURIComponent(value)]])),
  );
}

/** @throws BridgeError INVALID_REQUEST when the path cannot be decoded */
export function checkPath(ctx: Context): void {
  try {
    decodeURIComponent(ctx.path);
  } catch (error) {
    throw new BridgeError('INVALID_REQUEST', 'The path is not valid percent-encoding of UTF-8', {
      cause: error,
    });
  }
}

/** Says what is missing when that is meant for callers; whatever else is wrong is for the log alone. */
function notReady(error: unknown): BridgeError {
  if (!(error instanceof A2AError)) return unavailable('The server is not ready', error);
  return unavailable(`The server is not ready: ${error.message}`);
}
