import { z } from 'zod';
import { isObject } from '../../../a2a/is-object';
import { RemoteFault } from '../fault';
import { type CardSecurity, readSecurity } from './security-schemes';

export type Binding = 'JSONRPC' | 'HTTP+JSON' | 'GRPC';

/**
 * How an interface is spoken to. `0.2` is the JSON-RPC of `tasks/send`; `0.2 or 0.3` is a card that does not
 * tell, so the first request has to find out.
 */
export type WireVersion = '1.0' | '0.3' | '0.2' | '0.2 or 0.3';

export interface RemoteInterface {
  url: string;
  binding: Binding;
  version: WireVersion;
  tenant?: string;
}

/** What calling an agent needs of its card. */
export interface RemoteCard {
  name: string;
  interfaces: RemoteInterface[];
  streaming: boolean;
  pushNotifications: boolean;
  security: CardSecurity;
  /** As it was fetched, for its signatures. */
  raw: Record<string, unknown>;
}

const text = z.string().max(4_096);

const declaredInterface = z.looseObject({
  url: text.min(1),
  protocolBinding: text,
  protocolVersion: text.nullish(),
  tenant: text.nullish(),
});

const capabilities = z
  .looseObject({ streaming: z.boolean().nullish(), pushNotifications: z.boolean().nullish() })
  .nullish();

const currentCard = z.looseObject({
  name: text.min(1),
  supportedInterfaces: z.array(declaredInterface).min(1).max(50),
  capabilities,
});

const earlierCard = z.looseObject({
  name: text.min(1),
  url: text.min(1),
  protocolVersion: text.nullish(),
  preferredTransport: text.nullish(),
  additionalInterfaces: z
    .array(z.looseObject({ url: text.min(1), transport: text }))
    .max(50)
    .nullish(),
  capabilities,
});

/**
 * Reads a card of any version.
 * @param wellKnown the well-known path that it was found at, if at one
 * @param cardUrl where it was found; paths alone belong there
 * @throws RemoteFault A2A_REMOTE_BAD_CARD that says which field is wrong
 */
export function readCard(
  value: unknown,
  wellKnown?: 'agent-card.json' | 'agent.json',
  cardUrl?: string,
): RemoteCard {
  if (!isObject(value)) throw badCard('it is not a JSON object');
  const isCurrent = Array.isArray(value.supportedInterfaces) && value.supportedInterfaces.length > 0;
  const interfaces = isCurrent ? readCurrent(value) : readEarlier(value, wellKnown);
  const { name, capabilities: offers } = value as z.infer<typeof currentCard>;
  return {
    name,
    interfaces: interfaces.map((known) => ({ ...known, url: absolute(known.url, cardUrl) })),
    streaming: offers?.streaming === true,
    pushNotifications: offers?.pushNotifications === true,
    security: readSecurity(value),
    raw: value,
  };
}

function readCurrent(value: unknown): RemoteInterface[] {
  return check(currentCard, value).supportedInterfaces.flatMap((declared) => {
    const binding = readBinding(declared.protocolBinding);
    const version = versionOf(declared.protocolVersion || '1.0');
    if (binding === undefined || version === undefined) return [];
    return [{ url: declared.url, binding, version, ...(declared.tenant && { tenant: declared.tenant }) }];
  });
}

/**
 * Cards before 1.0. `preferredTransport`, `additionalInterfaces` and the path agent-card.json came with 0.3,
 * `securitySchemes` with 0.2, in place of `authentication`; `message/send` replaced `tasks/send` at the same
 * time. What has none of them does not tell.
 */
function readEarlier(value: Record<string, unknown>, wellKnown?: string): RemoteInterface[] {
  const card = check(earlierCard, value);
  const tells03 =
    card.preferredTransport ||
    card.additionalInterfaces ||
    'supportsAuthenticatedExtendedCard' in value ||
    'securitySchemes' in value ||
    'security' in value ||
    wellKnown === 'agent-card.json';
  let version: WireVersion | undefined = '0.2 or 0.3';
  if (card.protocolVersion) version = versionOf(card.protocolVersion);
  else if (tells03) version = '0.3';
  else if (isObject(value.authentication)) version = '0.2';
  if (version === undefined) return [];
  const declared = [
    { url: card.url, transport: card.preferredTransport ?? 'JSONRPC' },
    ...(card.additionalInterfaces ?? []),
  ];
  const interfaces: RemoteInterface[] = [];
  for (const { url, transport } of declared) {
    const binding = readBinding(transport);
    if (binding === undefined || interfaces.some((known) => known.url === url && known.binding === binding))
      continue;
    interfaces.push({ url, binding, version: binding === 'JSONRPC' ? version : '0.3' });
  }
  return interfaces;
}

function absolute(url: string, cardUrl: string | undefined): string {
  return url.startsWith('/') && cardUrl !== undefined ? new URL(url, cardUrl).href : url;
}

function readBinding(name: string): Binding | undefined {
  const upper = name.toUpperCase();
  return upper === 'JSONRPC' || upper === 'HTTP+JSON' || upper === 'GRPC' ? upper : undefined;
}

/** Major and minor count (specification section 3.6); 0.2.x already spoke what 0.3 speaks over JSON-RPC. */
function versionOf(version: string): WireVersion | undefined {
  if (version.trim() === '') return '0.3';
  const [, major, minor = '0'] = /^\s*(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  if (major === '1') return '1.0';
  if (major !== '0') return undefined;
  return Number(minor) >= 2 ? '0.3' : '0.2';
}

const RANK: Record<WireVersion, number> = { '1.0': 3, '0.3': 2, '0.2 or 0.3': 1, '0.2': 0 };

/**
 * The interface to call: by the caller's order of bindings, if it has one, else the newest version; then in the
 * card's order.
 * @throws RemoteFault A2A_REMOTE_BAD_CARD when none can be called
 */
export function chooseInterface(card: RemoteCard, bindings: readonly Binding[] = []): RemoteInterface {
  const preference = ({ binding }: RemoteInterface) => bindings.indexOf(binding);
  const fitting = card.interfaces.filter((known) => bindings.length === 0 || preference(known) >= 0);
  const [best] = fitting.sort((a, b) => preference(a) - preference(b) || RANK[b.version] - RANK[a.version]);
  if (best !== undefined) return best;
  const wanted = bindings.length === 0 ? 'JSONRPC, HTTP+JSON or GRPC' : bindings.join(' or ');
  throw badCard(`it names no interface of a known version (1.x, 0.x) over ${wanted}`);
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badCard(`${issue?.path.join('.') || 'card'}: ${issue?.message}`);
}

export function badCard(what: string): RemoteFault {
  return new RemoteFault('A2A_REMOTE_BAD_CARD', `has an unusable card: ${what}`);
}
