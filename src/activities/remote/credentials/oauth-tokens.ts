import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isObject } from '../../../a2a/is-object';
import type { OutboundClient, TlsIdentity } from '../../../outbound/outbound-client';
import { shownUrl } from '../../../outbound/outbound-url';
import { isRemoteFault, RemoteFault } from '../fault';
import { httpFault, readJson } from '../wire/http-answer';
import { unusable } from './secrets';

/** A token is renewed this long before it expires, in ms, or after nine tenths of its life if that is shorter. */
const RENEW_MS = 60_000;

/** Life of a token whose server does not say. */
const DEFAULT_LIFE_MS = 5 * 60_000;

const LIMITS = { maxBytes: 256 * 1024, headersMs: 15_000, idleMs: 15_000 };

export interface TokenRequest {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scopes: readonly string[];
  tls?: TlsIdentity;
}

/** Access tokens by the client credentials grant (RFC 6749, section 4.4), kept until shortly before they expire. */
export class OAuthTokens {
  private readonly tokens = new LRUCache<string, { token: string; renewAt: number }>({ max: 500 });
  private readonly endpoints = new LRUCache<string, string>({ max: 100, ttl: 60 * 60_000 });
  private readonly fetching = new Map<string, Promise<string>>();

  constructor(private readonly http: OutboundClient) {}

  /** @throws RemoteFault; OutboundError */
  async token(request: TokenRequest): Promise<string> {
    const key = keyOf(request);
    const known = this.tokens.get(key);
    if (known !== undefined && known.renewAt > Date.now()) return known.token;
    const running = this.fetching.get(key);
    if (running !== undefined) return running;
    const started = this.fetch(request, key).finally(() => this.fetching.delete(key));
    this.fetching.set(key, started);
    return started;
  }

  /** The agent did not accept it. */
  forget(request: TokenRequest): void {
    this.tokens.delete(keyOf(request));
  }

  /** The token endpoint that an OpenID Connect provider announces. */
  async discover(discoveryUrl: string, tls?: TlsIdentity): Promise<string> {
    const known = this.endpoints.get(discoveryUrl);
    if (known !== undefined) return known;
    const response = await this.http.fetch(discoveryUrl, {
      limits: LIMITS,
      ...(tls !== undefined && { tls }),
    });
    const where = shownUrl(discoveryUrl);
    if (!response.ok) throw httpFault(response, '', `asking ${where} for the token endpoint`);
    const found = await readJson(response).catch(() => undefined);
    if (!isObject(found) || typeof found.token_endpoint !== 'string') {
      throw unusable(`${where} names no token_endpoint`);
    }
    this.endpoints.set(discoveryUrl, found.token_endpoint);
    return found.token_endpoint;
  }

  private async fetch(request: TokenRequest, key: string): Promise<string> {
    const answer = await this.ask(request);
    const token = isObject(answer) ? answer.access_token : undefined;
    if (!isObject(answer) || typeof token !== 'string' || token === '') {
      throw unusable(`${shownUrl(request.tokenUrl)} answered without an access_token`);
    }
    if (/[^\x21-\x7e]/.test(token))
      throw unusable(`${shownUrl(request.tokenUrl)} gave a token that is not a valid header value`);
    const seconds = Number(answer.expires_in);
    const lifeMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : DEFAULT_LIFE_MS;
    this.tokens.set(key, { token, renewAt: Date.now() + Math.max(lifeMs - RENEW_MS, lifeMs * 0.9) });
    return token;
  }

  /** With the client's credentials in the header, as every server must accept, then in the body, as many want it. */
  private async ask(request: TokenRequest): Promise<unknown> {
    try {
      return await this.post(request, true);
    } catch (error) {
      if (!isRemoteFault(error) || error.type !== 'A2A_REMOTE_CREDENTIALS') throw error;
      return await this.post(request, false);
    }
  }

  private async post(request: TokenRequest, inHeader: boolean): Promise<unknown> {
    const { tokenUrl, clientId, clientSecret, scopes, tls } = request;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
    if (inHeader) {
      const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
      headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    } else {
      form.set('client_id', clientId);
      form.set('client_secret', clientSecret);
    }
    const response = await this.http.fetch(tokenUrl, {
      method: 'POST',
      headers,
      body: form.toString(),
      // A token server that redirects would be handed the secret's body.
      limits: { ...LIMITS, redirects: 0 },
      ...(tls !== undefined && { tls }),
    });
    const where = shownUrl(tokenUrl);
    if (response.status === 400 || response.status === 401) {
      const answer = await readJson(response).catch(() => undefined);
      const error =
        isObject(answer) && typeof answer.error === 'string' ? answer.error.slice(0, 60) : response.status;
      throw new RemoteFault('A2A_REMOTE_CREDENTIALS', `cannot be called: ${where} gave no token (${error})`);
    }
    if (!response.ok) throw httpFault(response, '', `getting a token from ${where}`);
    return await readJson(response).catch(() => undefined);
  }
}

function keyOf({ tokenUrl, clientId, clientSecret, scopes }: TokenRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([tokenUrl, clientId, clientSecret, scopes]))
    .digest('hex');
}
