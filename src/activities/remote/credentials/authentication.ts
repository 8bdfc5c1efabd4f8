import { secretPlace } from '../../../config/secret-ref';
import type { CredentialRef } from '../../../contract/agent-call';
import type { TlsIdentity } from '../../../outbound/outbound-client';
import type { CardSecurity, SecurityScheme } from '../card/security-schemes';
import type { OAuthTokens, TokenRequest } from './oauth-tokens';
import { type Secrets, unusable } from './secrets';

/** What goes along with every request to the agent. */
export interface Credentials {
  headers: Record<string, string>;
  query: Record<string, string>;
  /** Tokens that a 401 makes worthless. */
  tokens: TokenRequest[];
}

/**
 * Credentials for what a card asks, read by reference: the first requirement of the card that they can meet.
 * A card that names no scheme at all gets a `value` as bearer token and as API key.
 * @throws RemoteFault A2A_REMOTE_CREDENTIALS that names the schemes, never a secret
 */
export async function authenticate(
  { schemes, requirements }: CardSecurity,
  refs: readonly CredentialRef[],
  secrets: Secrets,
  tokens: OAuthTokens,
  { tls, cardUrl }: { tls: TlsIdentity | undefined; cardUrl: string },
): Promise<Credentials> {
  const credentials: Credentials = { headers: {}, query: {}, tokens: [] };
  const plan = choosePlan({ schemes, requirements }, refs);
  for (const { scheme, ref, scopes } of plan) {
    await apply(credentials, scheme, ref, scopes, { secrets, tokens, tls, cardUrl });
  }
  return credentials;
}

/** Where a secret goes when the card names no security scheme, as Retool's cards do not. */
const UNDECLARED: readonly SecurityScheme[] = [
  { kind: 'http', scheme: 'bearer' },
  { kind: 'apiKey', in: 'header', name: 'X-Api-Key' },
];

/** Headers for an agent whose card is not known yet. */
export async function undeclaredHeaders(
  refs: readonly CredentialRef[],
  secrets: Secrets,
  tokens: OAuthTokens,
  cardUrl: string,
): Promise<Record<string, string>> {
  const nothing = { schemes: {}, requirements: [] };
  return (await authenticate(nothing, refs, secrets, tokens, { tls: undefined, cardUrl })).headers;
}

interface Step {
  scheme: SecurityScheme;
  ref: CredentialRef;
  scopes: string[];
}

function choosePlan({ schemes, requirements }: CardSecurity, refs: readonly CredentialRef[]): Step[] {
  // One that only names an authority to trust says nothing of who calls.
  if (!refs.some((ref) => ref.value ?? ref.clientId ?? ref.certificate)) return [];
  const names = Object.keys(schemes);
  if (names.length === 0) {
    const ref = refs.find(({ value }) => value !== undefined);
    return ref === undefined ? [] : UNDECLARED.map((scheme) => ({ scheme, ref, scopes: [] }));
  }
  // A card that lists schemes and requires none offers each of them.
  const alternatives = requirements.length > 0 ? requirements : names.map((name) => ({ [name]: [] }));
  for (const alternative of alternatives) {
    const steps = Object.entries(alternative).map(([name, scopes]): Step | undefined => {
      const scheme = schemes[name];
      const ref = scheme === undefined ? undefined : refs.find((known) => fits(known, name, scheme));
      return scheme === undefined || ref === undefined ? undefined : { scheme, ref, scopes };
    });
    if (steps.length > 0 && steps.every((step) => step !== undefined)) return steps as Step[];
  }
  // An empty requirement says that nothing is needed.
  if (alternatives.some((alternative) => Object.keys(alternative).length === 0)) return [];
  const wanted = alternatives.map((alternative) => Object.keys(alternative).join(' with ')).join(', or ');
  throw unusable(`its card requires ${wanted}, but the call has no matching credential`);
}

function fits(ref: CredentialRef, name: string, scheme: SecurityScheme): boolean {
  if (ref.scheme !== undefined && ref.scheme !== name) return false;
  switch (scheme.kind) {
    case 'apiKey':
    case 'http':
      return ref.value !== undefined;
    case 'oauth2':
    case 'openIdConnect':
      // A `value` is an access token that somebody else renews.
      return ref.value !== undefined || (ref.clientId !== undefined && ref.clientSecret !== undefined);
    case 'mutualTls':
      return ref.certificate !== undefined && ref.key !== undefined;
  }
}

interface Tools {
  secrets: Secrets;
  tokens: OAuthTokens;
  tls: TlsIdentity | undefined;
  cardUrl: string;
}

async function apply(
  to: Credentials,
  scheme: SecurityScheme,
  ref: CredentialRef,
  scopes: string[],
  tools: Tools,
) {
  const { secrets, tokens, tls } = tools;
  if (scheme.kind === 'mutualTls') return;
  if (ref.value !== undefined) {
    const value = await secrets.read(ref.value);
    if (/[\r\n\0]/.test(value)) throw unusable('a credential has more than one line');
    if (scheme.kind === 'apiKey') placeKey(to, scheme, value);
    else if (scheme.kind === 'http' && scheme.scheme === 'basic') {
      to.headers.authorization = `Basic ${secrets.keep(Buffer.from(value).toString('base64'))}`;
    } else if (scheme.kind === 'http' && scheme.scheme !== 'bearer') {
      // The name is the card's, and goes into a header.
      if (!/^[\w.-]+$/.test(scheme.scheme))
        throw unusable('its card names an invalid HTTP authentication scheme');
      to.headers.authorization = `${scheme.scheme} ${value}`;
    } else to.headers.authorization = `Bearer ${value}`;
    return;
  }
  if (scheme.kind !== 'oauth2' && scheme.kind !== 'openIdConnect') return;
  const discovered =
    scheme.kind === 'openIdConnect' ? await discover(ref, scheme.discoveryUrl, tools) : scheme.tokenUrl;
  const tokenUrl = ref.tokenUrl ?? discovered;
  if (tokenUrl === undefined)
    throw unusable('its card has no token URL for client credentials, and the call names none');
  if (ref.tokenUrl === undefined) assertEncrypted(tools.cardUrl, tokenUrl, 'the token URL');
  const request: TokenRequest = {
    tokenUrl,
    clientId: await readId(ref.clientId ?? '', secrets),
    clientSecret: await secrets.read(ref.clientSecret ?? ''),
    scopes: ref.scopes ?? scopes,
    ...(tls !== undefined && { tls }),
  };
  to.headers.authorization = `Bearer ${secrets.keep(await tokens.token(request))}`;
  to.tokens.push(request);
}

function discover(
  ref: CredentialRef,
  url: string,
  { tokens, tls, cardUrl }: Tools,
): Promise<string> | undefined {
  if (ref.tokenUrl !== undefined) return undefined;
  assertEncrypted(cardUrl, url, 'the discovery URL');
  return tokens.discover(url, tls);
}

/**
 * A card over https must not lead a secret to a URL without encryption.
 * @throws RemoteFault A2A_REMOTE_CREDENTIALS
 */
export function assertEncrypted(cardUrl: string, url: string, what: string): void {
  const isPlain = URL.canParse(url) && ['http:', 'grpc:'].includes(new URL(url).protocol);
  if (new URL(cardUrl).protocol !== 'https:' || !isPlain) return;
  throw unusable(`its card came over https, and ${what} that it names is not encrypted`);
}

/** A client ID is no secret: it may be written as it is. */
function readId(clientId: string, secrets: Secrets): Promise<string> | string {
  return secretPlace(clientId) === undefined ? clientId : secrets.read(clientId);
}

function placeKey(to: Credentials, scheme: SecurityScheme & { kind: 'apiKey' }, value: string): void {
  if (scheme.in === 'query') to.query[scheme.name] = value;
  else if (!/^[\w!#$%&'*+.^`|~-]+$/.test(scheme.name))
    throw unusable('its card names an API key header with an invalid name');
  else if (scheme.in === 'header') to.headers[scheme.name.toLowerCase()] = value;
  else {
    const cookie = `${scheme.name}=${encodeURIComponent(value)}`;
    to.headers.cookie = to.headers.cookie === undefined ? cookie : `${to.headers.cookie}; ${cookie}`;
  }
}

/** Client certificate and trusted authority of a call, when it names any. */
export async function readTls(
  refs: readonly CredentialRef[],
  secrets: Secrets,
): Promise<TlsIdentity | undefined> {
  const ref = refs.find(({ certificate, ca }) => certificate !== undefined || ca !== undefined);
  if (ref === undefined) return undefined;
  const tls: TlsIdentity = {};
  if (ref.certificate !== undefined) tls.cert = await readPem(ref.certificate, secrets);
  if (ref.key !== undefined) tls.key = await readPem(ref.key, secrets);
  if (ref.ca !== undefined) tls.ca = await readPem(ref.ca, secrets);
  return tls;
}

async function readPem(reference: string, secrets: Secrets): Promise<string> {
  const pem = await secrets.read(reference);
  if (!pem.includes('-----BEGIN ')) throw unusable(`${reference} is not PEM`);
  return pem;
}
