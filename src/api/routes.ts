import Router from '@koa/router';
import type { Context } from 'koa';
import { A2AError, BridgeError, unavailable, VersionNotSupportedError } from '../a2a/errors';
import { JWKS_PATH } from '../bridge/push-signer';
import { CALLBACK_PATH } from '../contract/callback';
import { agentCard, agentUrl, answerCard, cardInVersion } from './agent-card';
import { visibleAgents } from './authentication';
import { serveCallback } from './callbacks';
import { answerOrigin, CODEC_PATH, serveCodec } from './codec-server';
import { serveJsonRpc } from './json-rpc';
import { OPERATIONS, type Operation, PUSH_STATUS } from './operations';
import { serveRest } from './rest';
import { assertSpoken, namedVersion } from './service-parameters';
import { baseUrl, type Services, signedCard } from './services';
import { cardToV02 } from './v0-2/card';
import { isOfAgentV1, serveRestV03 } from './v0-3/rest';
import { REST_ROUTES_V03, type RestRouteV03 } from './v0-3/rest-routes';

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

  const ownCard = (ctx: Context, agentId: string | undefined) => {
    const agent = services.agents.resolve({ agentId });
    const url = agentUrl(baseUrl(services, ctx), agent, agentId === undefined);
    return cardInVersion(ctx, agentCard(agent, url, { grpcUrl: services.grpc?.url }));
  };
  const answerOwnCard = async (ctx: Context, agentId: string | undefined) =>
    answerCard(ctx, await signedCard(services, ctx, ownCard(ctx, agentId)), lastModified);

  const index = async (ctx: Context) => {
    // Clients that are given the URL of the server ask there for a card: that of the default agent.
    const hasCard = ctx.path === '/' && services.agents.defaultAgent !== undefined;
    ctx.body = {
      ...(hasCard && ownCard(ctx, undefined)),
      agents: (await visibleAgents(services, ctx)).map(({ id, name, description }) => {
        const card = `${baseUrl(services, ctx)}/a2a/${encodeURIComponent(id)}/.well-known/agent-card.json`;
        return { id, name, description, card };
      }),
    };
  };
  router.get(/^\/(?:a2a\/?)?$/, index);

  // Some clients are given the URL of the agent and ask there for its card.
  const agentRoot = /^\/a2a\/(?<agentId>[^/:]+)\/?$/;
  router.get(agentRoot, (ctx) => answerOwnCard(ctx, pathParameters(ctx, agentRoot).agentId));

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
  router.get(card, (ctx) => answerOwnCard(ctx, pathParameters(ctx, card).agentId));

  // Mastra's client asks there.
  const namedCard = /^\/\.well-known\/(?<agentId>[^/:]+)\/agent-card\.json$/;
  router.get(namedCard, (ctx) => answerOwnCard(ctx, pathParameters(ctx, namedCard).agentId));

  const oldCard = new RegExp(`^${AGENT}/\\.well-known/agent\\.json$`);
  router.get(oldCard, (ctx) => {
    const { agentId } = pathParameters(ctx, oldCard);
    const agent = services.agents.resolve({ agentId });
    assertSpoken(agent, '0.2');
    const url = agentUrl(baseUrl(services, ctx), agent, agentId === undefined);
    answerCard(ctx, cardToV02(agentCard(agent, url, { grpcUrl: services.grpc?.url }), url), lastModified);
  });

  const callback = new RegExp(`^${CALLBACK_PATH}/(?<workflowId>[^/]+)/(?<callId>[^/]+)$`);
  router.post(callback, (ctx) =>
    serveCallback(ctx, services.callbacks, pathParameters(ctx, callback), services.maxBodyBytes),
  );

  router.get(JWKS_PATH, (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=300');
    ctx.body = services.jwks;
  });

  const { codecServer } = services;
  if (codecServer !== undefined) {
    router.post(CODEC_PATH, (ctx) => serveCodec(ctx, codecServer, services));
    router.options(CODEC_PATH, (ctx) => {
      answerOrigin(ctx, codecServer);
      ctx.status = 204;
    });
  }

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
    const path = `${AGENT}/v1`;
    const newer = operationAt(route);
    const pattern = patternOf(path, route.template);
    const newerPattern = newer && patternOf(path, newer.template);
    const handler = (ctx: Context, next: () => Promise<unknown>) => {
      if (isOfAgentV1(services, ctx)) return next();
      if (namedVersion(ctx) !== '1.0')
        return serveRestV03(services, ctx, route, pathParameters(ctx, pattern));
      if (newer === undefined || newerPattern === undefined) throw notIn('1.0', ctx);
      return serveRest(services, ctx, newer.operation, pathParameters(ctx, newerPattern));
    };
    router.register(pattern, [...route.methods], handler, { pathAsRegExp: true });
  }

  for (const operation of [...OPERATIONS, PUSH_STATUS]) {
    for (const { method, template } of operation.routes) {
      const path = `${AGENT}${TENANT}`;
      const older = routeV03At(method, template);
      const pattern = patternOf(path, template);
      const olderPattern = older && patternOf(path, older.template);
      const handler = (ctx: Context) => {
        if (namedVersion(ctx) !== '0.3')
          return serveRest(services, ctx, operation, pathParameters(ctx, pattern));
        if (older === undefined || olderPattern === undefined) throw notIn('0.3', ctx);
        const { pathTenant, ...parameters } = pathParameters(ctx, olderPattern);
        // Tenants came with 1.0.
        if (pathTenant !== undefined) throw notIn('0.3', ctx);
        return serveRestV03(services, ctx, older, parameters);
      };
      router.register(pattern, [method], handler, { pathAsRegExp: true });
    }
  }

  // Some documents call the operations so, and clients take that for a path. In 0.3 unless the request says 1.0.
  for (const [path, template] of NAMED_PATHS) {
    const pattern = patternOf(AGENT, path);
    const older = routeV03At('POST', template);
    const newer = older && operationAt(older);
    if (older === undefined || newer === undefined) throw new RangeError(`nothing is served at ${template}`);
    const handler = (ctx: Context) =>
      namedVersion(ctx) === '1.0'
        ? serveRest(services, ctx, newer.operation, pathParameters(ctx, pattern))
        : serveRestV03(services, ctx, older, pathParameters(ctx, pattern));
    router.register(pattern, ['POST'], handler, { pathAsRegExp: true });
  }
  return router;
}

/** The route of 0.3 that does what a route of 1.0 does; undefined when 0.3 has none. */
function routeV03At(method: string, template: string): RestRouteV03 | undefined {
  return REST_ROUTES_V03.find(
    (route) => route.methods.some((each) => each === method) && isSamePath(route.template, template),
  );
}

/** The operation of 1.0 that does what a route of 0.3 does, with its template; undefined when 1.0 has none. */
function operationAt({
  methods,
  template,
}: RestRouteV03): { operation: Operation; template: string } | undefined {
  for (const operation of OPERATIONS) {
    const route = operation.routes.find(
      (each) => methods.includes(each.method) && isSamePath(each.template, template),
    );
    if (route !== undefined) return { operation, template: route.template };
  }
  return undefined;
}

/** Whether two templates are of the same paths; the versions give parameters different names. */
function isSamePath(a: string, b: string): boolean {
  return a.replaceAll(/\{\w+\}/g, '{}') === b.replaceAll(/\{\w+\}/g, '{}');
}

function notIn(version: string, ctx: Context): VersionNotSupportedError {
  const other = version === '1.0' ? '0.3' : '1.0';
  return new VersionNotSupportedError({
    message: `A2A ${version} has no ${ctx.method} ${ctx.path.slice(0, 200)}: it is a path of ${other}`,
    metadata: { requestedVersion: version, supportedVersions: other },
  });
}

function patternOf(path: string, template: string): RegExp {
  return new RegExp(`^${path}${templatePattern(template)}$`);
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
