import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { unavailable } from '../a2a/errors';
import { isObject } from '../a2a/is-object';
import { OutboundClient } from '../outbound/outbound-client';

export interface IssuerKeysOptions {
  issuer: string;
  /** Asked of the issuer unless set. */
  jwksUrl?: string | undefined;
  /** How long keys are used before they are fetched again, in ms; 10 minutes unless set. */
  maxAgeMs?: number | undefined;
  /** Shortest time between two fetches for a key that was not there, in ms; 30 seconds unless set. */
  cooldownMs?: number | undefined;
  /** Time in ms that one request may take; 5,000 unless set. */
  timeoutMs?: number | undefined;
  /** How long a failure is believed before the issuer is asked again, in ms; 1,000 unless set. */
  failureMs?: number | undefined;
}

/** How long keys stay good while new ones cannot be fetched, in ms. */
const STALE_MS = 24 * 60 * 60_000;

const MAX_BYTES = 512 * 1024;

/** The URLs are the operator's own, so they may be anywhere. */
const http = new OutboundClient({ allow: ['0.0.0.0/0', '::/0'] });

/** The public keys of an issuer: fetched when they are first needed, and again when they are old or lack a key. */
export class IssuerKeys {
  private set: ReturnType<typeof createRemoteJWKSet> | undefined;
  private finding: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  private lastGood: { body: string; at: number } | undefined;
  private stale = false;
  private failure: { error: Error; at: number } | undefined;

  constructor(private readonly options: IssuerKeysOptions) {}

  /** For `jwtVerify`. @throws BridgeError UNAVAILABLE when the keys cannot be fetched; JOSEError when none fits */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    const set = await this.keySet();
    try {
      return await set(header, token);
    } catch (error) {
      // A token may be signed with a key that is newer than the keys that are still used for want of others.
      if (error instanceof errors.JWKSNoMatchingKey && this.stale) throw keysUnavailable(error);
      if (isNoFit(error)) throw error;
      throw keysUnavailable(error);
    }
  };

  private async keySet(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    if (this.set !== undefined) return this.set;
    this.finding ??= this.guarded(async () => {
      const { jwksUrl, cooldownMs = 30_000, maxAgeMs = 10 * 60_000 } = this.options;
      const url = jwksUrl ?? (await this.discover());
      this.set = createRemoteJWKSet(new URL(url), {
        timeoutDuration: this.timeoutMs,
        cooldownDuration: cooldownMs,
        cacheMaxAge: maxAgeMs,
        [customFetch]: (target, { signal }) => this.fetchKeys(String(target), signal),
      });
      return this.set;
    })
      .catch((error: unknown) => {
        throw keysUnavailable(error);
      })
      .finally(() => {
        this.finding = undefined;
      });
    return this.finding;
  }

  private get timeoutMs(): number {
    return this.options.timeoutMs ?? 5_000;
  }

  /** Old keys stand in for new ones that cannot be had; not when the old ones are known to lack one. */
  private async fetchKeys(url: string, signal: AbortSignal): Promise<Response> {
    const refreshes = this.set?.fresh !== true;
    try {
      const body = await this.guarded(() => this.get(url, signal));
      if (!Array.isArray(body.keys)) throw new Error(`${new URL(url).origin} answered without keys`);
      this.lastGood = { body: JSON.stringify(body), at: Date.now() };
      this.stale = false;
    } catch (error) {
      if (!refreshes || this.lastGood === undefined || Date.now() - this.lastGood.at > STALE_MS) throw error;
      this.stale = true;
    }
    return new Response(this.lastGood.body, { headers: { 'content-type': 'application/json' } });
  }

  /** Does not ask again right after a failure: whoever sends tokens must not make this server hammer the issuer. */
  private async guarded<T>(ask: () => Promise<T>): Promise<T> {
    const { failureMs = 1_000 } = this.options;
    if (this.failure !== undefined && Date.now() - this.failure.at < failureMs) throw this.failure.error;
    try {
      const result = await ask();
      this.failure = undefined;
      return result;
    } catch (error) {
      this.failure = { error: error as Error, at: Date.now() };
      throw error;
    }
  }

  /** The `jwks_uri` of OpenID Connect Discovery, or of RFC 8414. */
  private async discover(): Promise<string> {
    const { issuer } = this.options;
    const { origin, pathname } = new URL(issuer);
    const path = pathname.replace(/\/$/, '');
    let failure: unknown;
    for (const url of [
      `${origin}${path}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server${path}`,
    ]) {
      try {
        const metadata = await this.get(url, AbortSignal.timeout(this.timeoutMs));
        if (metadata.issuer !== issuer) throw new Error(`${url} is not the metadata of the issuer ${issuer}`);
        const { jwks_uri: keys } = metadata;
        if (typeof keys === 'string' && URL.canParse(keys) && /^https?:$/.test(new URL(keys).protocol))
          return keys;
        throw new Error(`${url} names no jwks_uri`);
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  private async get(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
    const limits = { maxBytes: MAX_BYTES, headersMs: this.timeoutMs, idleMs: this.timeoutMs };
    const response = await http.fetch(url, { signal, limits, headers: { accept: 'application/json' } });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`${url} answered with status ${response.status}`);
    }
    const body: unknown = JSON.parse(await response.text());
    if (!isObject(body)) throw new Error(`${url} did not answer with a JSON object`);
    return body;
  }
}

/** What a token, and not the issuer, is to blame for. */
function isNoFit(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function keysUnavailable(error: unknown): Error {
  return unavailable("The keys of the token's issuer cannot be fetched now", error);
}
