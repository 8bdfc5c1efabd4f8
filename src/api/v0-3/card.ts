import { isObject } from '../../a2a/is-object';
import type { AgentCard, Struct } from '../../a2a/types';
import type { AgentCardV03 } from '../../a2a/v0-3/types';

/** The whole of it, as 0.3's clients expect it on a card. */
const PROTOCOL_VERSION = '0.3.0';

/**
 * A card in the shape of 0.3 (specification 0.3.0, section 5.5). HTTP+JSON comes first there, because clients that
 * know only one transport know JSON-RPC by itself, at the same URL.
 */
export function cardToV03(card: AgentCard): AgentCardV03 {
  const { supportedInterfaces, capabilities, securityRequirements, securitySchemes, skills, ...same } = card;
  const interfaces = supportedInterfaces
    .filter(({ protocolVersion }) => protocolVersion === '0.3')
    .map(({ url, protocolBinding }) => ({ url, transport: protocolBinding }));
  const main = interfaces.find(({ transport }) => transport === 'JSONRPC') ?? interfaces[0];
  const { extendedAgentCard = false, ...others } = capabilities;
  return {
    ...same,
    protocolVersion: PROTOCOL_VERSION,
    url: main?.url ?? '',
    preferredTransport: main?.transport ?? 'JSONRPC',
    additionalInterfaces: interfaces,
    capabilities: others,
    ...(securitySchemes !== undefined && { securitySchemes: schemesToV03(securitySchemes) }),
    ...(securityRequirements !== undefined && { security: securityRequirements.map(requirementToV03) }),
    skills,
    supportsAuthenticatedExtendedCard: extendedAgentCard,
  };
}

/** What both versions read: the fields of each, which differ in name. */
export function cardOfBoth(card: AgentCard): AgentCard & AgentCardV03 {
  const { securitySchemes: _, capabilities: __, ...more } = cardToV03(card);
  return { ...more, ...card };
}

/** The fields of 0.3 are those that are no nested object of 1.0 (`apiKeySecurityScheme` and the like). */
function schemesToV03(schemes: Struct): Struct {
  return Object.fromEntries(
    Object.entries(schemes).map(([name, scheme]) => [
      name,
      isObject(scheme)
        ? Object.fromEntries(Object.entries(scheme).filter(([key]) => !key.endsWith('SecurityScheme')))
        : scheme,
    ]),
  ) as Struct;
}

/** `{schemes: {name: {list: [scope]}}}` in 1.0, `{name: [scope]}` in 0.3. */
function requirementToV03(requirement: Struct): Struct {
  const { schemes } = requirement;
  if (!isObject(schemes)) return requirement;
  return Object.fromEntries(
    Object.entries(schemes).map(([name, scopes]) => [name, isObject(scopes) ? (scopes.list ?? []) : scopes]),
  ) as Struct;
}
