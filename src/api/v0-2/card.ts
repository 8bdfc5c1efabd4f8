import { isObject } from '../../a2a/is-object';
import type { AgentCard, Struct } from '../../a2a/types';
import type { AgentCardV02 } from '../../a2a/v0-2/types';

/** A card as clients before `message/send` read it, from `/.well-known/agent.json`. */
export function cardToV02(card: AgentCard, url: string): AgentCardV02 {
  const { name, description, version, provider, documentationUrl, capabilities, securitySchemes } = card;
  const { defaultInputModes, defaultOutputModes, skills } = card;
  return {
    name,
    description,
    url,
    version,
    ...(provider !== undefined && { provider }),
    ...(documentationUrl !== undefined && { documentationUrl }),
    capabilities: {
      streaming: capabilities.streaming === true,
      pushNotifications: capabilities.pushNotifications === true,
      stateTransitionHistory: false,
    },
    authentication: { schemes: schemeNames(securitySchemes ?? {}) },
    defaultInputModes,
    defaultOutputModes,
    skills,
  };
}

/** As in the OpenAPI documents that the cards of 0.2 were modelled on: `Bearer`, `Basic`, `apiKey`, `oauth2`. */
function schemeNames(schemes: Struct): string[] {
  const names = Object.values(schemes).flatMap((scheme) => {
    if (!isObject(scheme)) return [];
    const { httpAuthSecurityScheme: http } = scheme;
    if (isObject(http)) return [capitalized(String(http.scheme))];
    const known = Object.keys(NAMES).find((key) => key in scheme);
    return known === undefined ? [] : [NAMES[known] ?? known];
  });
  return [...new Set(names)];
}

const NAMES: Readonly<Record<string, string>> = {
  apiKeySecurityScheme: 'apiKey',
  oauth2SecurityScheme: 'oauth2',
  openIdConnectSecurityScheme: 'openIdConnect',
  mtlsSecurityScheme: 'mutualTLS',
};

function capitalized(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1).toLowerCase()}`;
}
