import { canonicalJson, withoutEmpty } from '../a2a/canonical-json';
import { isObject } from '../a2a/is-object';
import { securityInV1 } from './card-security';

/*
 * What verifiers make of one card before they check a signature over it. Section 8.4.1 of 1.0 wants REQUIRED fields
 * kept even when empty; the official SDKs leave out all that is empty, and all that their version does not know. 0.3
 * does not say at all. So a card has one signature for each form that differs.
 */

type Fields = Record<string, unknown>;

/** Fields of a card of 1.0 (section 4.4.1), apart from `signatures`. */
const FIELDS_V1 = new Set([
  'name',
  'description',
  'supportedInterfaces',
  'provider',
  'version',
  'documentationUrl',
  'capabilities',
  'securitySchemes',
  'securityRequirements',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
  'iconUrl',
]);

/** Fields of 1.0 that a card of 0.3 (section 5.5) does not have. */
const ONLY_V1 = new Set(['supportedInterfaces', 'securityRequirements', 'signatures']);

/** What a field of 0.3 is unless it is set; Python's SDK leaves these out. */
const DEFAULTS_V03: Readonly<Fields> = { protocolVersion: '0.3.0', preferredTransport: 'JSONRPC' };

/**
 * A card by the rules of section 8.4.1, which is served when it is signed: what has its default value is left out,
 * unless it is REQUIRED or `optional`.
 */
export function withoutDefaults<Card extends object>(card: Card): Card {
  const { capabilities, securityRequirements, ...rest } = card as Fields;
  const { extensions, ...others } = (capabilities ?? {}) as Fields;
  return {
    ...rest,
    ...(isObject(capabilities) && {
      capabilities: {
        ...others,
        ...(Array.isArray(extensions) && extensions.length > 0 && { extensions: extensions.map(extension) }),
      },
    }),
    ...(Array.isArray(securityRequirements) && {
      securityRequirements: securityRequirements.map(requirement),
    }),
  } as Card;
}

function extension({ required, ...rest }: Fields): Fields {
  return required === true ? { ...rest, required } : rest;
}

/** A list of no scopes is left out. In the form for all versions there is a list where 1.0 has an object: it stays. */
function requirement({ schemes, ...rest }: Fields): Fields {
  if (!isObject(schemes)) return { schemes, ...rest };
  const entries = Object.entries(schemes).map(([name, scopes]) => {
    const isDefault = isObject(scopes) && Array.isArray(scopes.list) && scopes.list.length === 0;
    return [name, isDefault ? {} : scopes];
  });
  return { ...rest, schemes: Object.fromEntries(entries) };
}

/** The texts to sign for a card as it is served, without its signatures, each once. */
export function signedForms(card: object): string[] {
  const forms = [canonicalJson(card)];
  const { supportedInterfaces, protocolVersion } = card as Fields;
  if (supportedInterfaces !== undefined) {
    const known = withoutEmpty(securityInV1(knownInV1(card))) as Fields;
    const { securitySchemes: _, ...rest } = known;
    // Up to 1.3.0 the SDK for JavaScript loses the schemes of a card that it has read.
    forms.push(canonicalJson(known), canonicalJson(rest));
  }
  // Python's SDK writes all but ASCII as escapes there.
  if (protocolVersion !== undefined) forms.push(escaped(canonicalJson(withoutEmpty(knownInV03(card)))));
  return [...new Set(forms)];
}

function knownInV1(card: object): Fields {
  return Object.fromEntries(
    Object.entries(withoutDefaults(card)).filter(([name]) => FIELDS_V1.has(name)),
  ) as Fields;
}

function knownInV03(card: object): Fields {
  const fields = Object.entries(card).filter(
    ([name, value]) => !ONLY_V1.has(name) && value !== DEFAULTS_V03[name],
  );
  const { securitySchemes, capabilities, ...rest } = Object.fromEntries(fields) as Fields;
  const { extendedAgentCard: _, ...others } = (capabilities ?? {}) as Fields;
  return {
    ...rest,
    capabilities: others,
    ...(isObject(securitySchemes) && { securitySchemes: mapValues(securitySchemes, schemeInV03) }),
  };
}

/** The type of a scheme is the default of its class. */
function schemeInV03(scheme: unknown): unknown {
  if (!isObject(scheme)) return scheme;
  return Object.fromEntries(
    Object.entries(scheme).filter(([name]) => name !== 'type' && !name.endsWith('SecurityScheme')),
  );
}

function mapValues(object: Fields, change: (value: unknown) => unknown): Fields {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function escaped(json: string): string {
  return json.replaceAll(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
