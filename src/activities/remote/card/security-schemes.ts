import { isObject } from '../../../a2a/is-object';

/** A way to authenticate, as a card of any version declares it. */
export type SecurityScheme =
  | { kind: 'apiKey'; in: 'header' | 'query' | 'cookie'; name: string }
  | { kind: 'http'; scheme: string }
  | { kind: 'oauth2'; tokenUrl?: string }
  | { kind: 'openIdConnect'; discoveryUrl: string }
  | { kind: 'mutualTls' };

/** Names of the schemes that must be used together, with the scopes that each needs. */
export type SecurityRequirement = Record<string, string[]>;

export interface CardSecurity {
  schemes: Record<string, SecurityScheme>;
  /** Any one of them is enough; none at all means that the card asks for nothing. */
  requirements: SecurityRequirement[];
}

/**
 * What a card says about security: `securitySchemes` and `securityRequirements` of 1.0 (specification section
 * 4.5), `securitySchemes` and `security` of 0.3, `authentication.schemes` of the years before. A scheme that is
 * none of ours is left out.
 */
export function readSecurity(card: Record<string, unknown>): CardSecurity {
  const schemes: Record<string, SecurityScheme> = {};
  for (const [name, value] of Object.entries(isObject(card.securitySchemes) ? card.securitySchemes : {})) {
    const scheme = isObject(value) ? readScheme(value) : undefined;
    if (scheme !== undefined) schemes[name] = scheme;
  }
  const requirements = [card.securityRequirements, card.security]
    .flatMap((value) => (Array.isArray(value) ? value : []))
    .filter(isObject)
    .map(readRequirement);
  const old = isObject(card.authentication) ? card.authentication.schemes : undefined;
  for (const name of Array.isArray(old) && Object.keys(schemes).length === 0 ? old : []) {
    if (typeof name !== 'string' || !/^(bearer|basic)$/i.test(name)) continue;
    schemes[name] = { kind: 'http', scheme: name.toLowerCase() };
    requirements.push({ [name]: [] });
  }
  return { schemes, requirements };
}

function readScheme(value: Record<string, unknown>): SecurityScheme | undefined {
  const of = (nested: string, type: string): Record<string, unknown> | undefined => {
    const inner = value[nested];
    if (isObject(inner)) return inner;
    return value.type === type ? value : undefined;
  };
  const apiKey = of('apiKeySecurityScheme', 'apiKey');
  if (apiKey !== undefined) {
    const place = apiKey.location ?? apiKey.in;
    if (place !== 'header' && place !== 'query' && place !== 'cookie') return undefined;
    return typeof apiKey.name === 'string' ? { kind: 'apiKey', in: place, name: apiKey.name } : undefined;
  }
  const http = of('httpAuthSecurityScheme', 'http');
  if (http !== undefined) {
    return typeof http.scheme === 'string' ? { kind: 'http', scheme: http.scheme.toLowerCase() } : undefined;
  }
  const oauth2 = of('oauth2SecurityScheme', 'oauth2');
  if (oauth2 !== undefined) {
    const flow = isObject(oauth2.flows) ? oauth2.flows.clientCredentials : undefined;
    const tokenUrl = isObject(flow) && typeof flow.tokenUrl === 'string' ? flow.tokenUrl : undefined;
    return { kind: 'oauth2', ...(tokenUrl !== undefined && { tokenUrl }) };
  }
  const oidc = of('openIdConnectSecurityScheme', 'openIdConnect');
  if (oidc !== undefined) {
    const discoveryUrl = oidc.openIdConnectUrl;
    return typeof discoveryUrl === 'string' ? { kind: 'openIdConnect', discoveryUrl } : undefined;
  }
  return of('mtlsSecurityScheme', 'mutualTLS') === undefined ? undefined : { kind: 'mutualTls' };
}

/** `{schemes: {name: {list: [scopes]}}}` of 1.0, or `{name: [scopes]}`. */
function readRequirement(value: Record<string, unknown>): SecurityRequirement {
  const named = isObject(value.schemes) ? value.schemes : value;
  return Object.fromEntries(
    Object.entries(named).map(([name, scopes]) => {
      const list = isObject(scopes) ? scopes.list : scopes;
      return [name, Array.isArray(list) ? list.filter((scope) => typeof scope === 'string') : []];
    }),
  );
}
