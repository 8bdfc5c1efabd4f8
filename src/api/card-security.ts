import type { AgentCard, Struct } from '../a2a/types';
import { API_KEY_HEADER } from '../auth/authenticator';
import { type AuthenticationConfig, takesApiKeys } from '../config/authentication';

type CardSecurity = Pick<AgentCard, 'securitySchemes' | 'securityRequirements'>;

/**
 * What a card says of `authentication` (specification section 4.5). Each scheme has the fields of 0.3 beside the
 * object of 1.0; {@link securityInV1} and the card of 0.3 keep one of them.
 */
export function cardSecurity(authentication: AuthenticationConfig | undefined): CardSecurity {
  if (authentication === undefined || authentication.anonymous === true) return {};
  const { jwt } = authentication;
  const takesKeys = takesApiKeys(authentication);
  const securitySchemes: Struct = {};
  const securityRequirements: Struct[] = [];
  const add = (name: string, scheme: Struct, scopes: string[] = []) => {
    securitySchemes[name] = scheme;
    securityRequirements.push({ schemes: { [name]: { list: scopes } } });
  };
  if (takesKeys) {
    const key = { name: API_KEY_HEADER, description: 'An API key' };
    add('apiKey', {
      type: 'apiKey',
      in: 'header',
      ...key,
      apiKeySecurityScheme: { location: 'header', ...key },
    });
  }
  const kinds = [...(takesKeys ? ['API key'] : []), ...(jwt.length > 0 ? ['access token'] : [])];
  const bearer = {
    scheme: 'bearer',
    description: `An ${kinds.join(' or ')}`,
    ...(!takesKeys && { bearerFormat: 'JWT' }),
  };
  add('bearer', { type: 'http', ...bearer, httpAuthSecurityScheme: bearer });
  // Where the keys have a URL of their own, the issuer need not have metadata.
  const found = jwt.filter(({ jwksUrl }) => jwksUrl === undefined);
  for (const [index, { issuer, scopes }] of found.entries()) {
    const oidc = {
      openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      description: `Access tokens of ${issuer}`,
    };
    const scheme = { type: 'openIdConnect', ...oidc, openIdConnectSecurityScheme: oidc };
    add(index === 0 ? 'openIdConnect' : `openIdConnect${index + 1}`, scheme, scopes);
  }
  return { securitySchemes, securityRequirements };
}

/** A card whose schemes are those of 1.0 alone. */
export function securityInV1<Card extends CardSecurity>(card: Card): Card {
  const { securitySchemes } = card;
  if (securitySchemes === undefined) return card;
  const nested = Object.entries(securitySchemes).map(([name, scheme]) => [
    name,
    Object.fromEntries(Object.entries(scheme as Struct).filter(([key]) => key.endsWith('SecurityScheme'))),
  ]);
  return { ...card, securitySchemes: Object.fromEntries(nested) as Struct };
}

/**
 * A card whose requirements every client reads: the Go SDK has lists where the specification has objects with a
 * list, and the JavaScript and Python SDKs read an empty list as such an object. Scopes are in `security` of 0.3.
 */
export function securityForAll<Card extends CardSecurity>(card: Card): Card {
  const { securityRequirements } = card;
  if (securityRequirements === undefined) return card;
  const readable = securityRequirements.map(({ schemes }) => ({
    schemes: Object.fromEntries(Object.keys(schemes as Struct).map((name) => [name, []])),
  }));
  return { ...card, securityRequirements: readable };
}
