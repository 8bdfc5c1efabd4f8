import { LRUCache } from 'lru-cache';
import type { OutboundClient, TlsIdentity } from '../../../outbound/outbound-client';
import { isOutboundError } from '../../../outbound/outbound-error';
import { parseOutboundUrl } from '../../../outbound/outbound-url';
import { toFault } from '../fault';
import { assertOk, type HttpAnswer, readJson } from '../wire/http-answer';
import { badCard, type RemoteCard, readCard } from './remote-card';

const CARD_LIMITS = { maxBytes: 1024 * 1024, headersMs: 15_000, idleMs: 15_000 };

/** For how long a card without caching headers is believed, and the most that headers can ask for, in ms. */
const DEFAULT_AGE_MS = 60_000;
const MAX_AGE_MS = 24 * 60 * 60_000;

interface Entry {
  card: RemoteCard;
  url: string;
  /** Whether everybody may read it. */
  isOpen: boolean;
  signed: boolean;
  freshUntil: number;
  etag?: string;
  lastModified?: string;
}

export interface CardOptions {
  requireSignature?: boolean;
  tls?: TlsIdentity;
  signal?: AbortSignal;
  /** For a card that is not for everybody: asked for when it answers 401. */
  credentials?: CardCredentials;
}

export interface CardCredentials {
  /** The same for callers who may share what they get. */
  key: string;
  headers(): Promise<Record<string, string>>;
}

/** Agent cards, fetched once and kept for as long as their own caching headers allow; then revalidated. */
export class CardCache {
  private readonly entries = new LRUCache<string, Entry>({ max: 500 });
  private readonly fetching = new Map<string, Promise<Entry>>();

  constructor(private readonly http: OutboundClient) {}

  /**
   * The card of an agent, by the URL of the card or of what the well-known path is appended to.
   * @throws RemoteFault
   */
  async get(url: string, options: CardOptions = {}): Promise<RemoteCard> {
    const known = this.entries.get(url) ?? this.entries.get(keyOf(url, options));
    const entry =
      known !== undefined && known.freshUntil > Date.now() ? known : await this.refresh(url, options);
    if (options.requireSignature === true && !entry.signed) {
      throw badCard('it has no signature over all of it, but the call requires one');
    }
    return entry.card;
  }

  /** One request for all who ask at the same time; none of them can end it for the others. */
  private refresh(url: string, options: CardOptions): Promise<Entry> {
    const key = keyOf(url, options);
    const running = this.fetching.get(key);
    if (running !== undefined) return running;
    const known = this.entries.get(url) ?? this.entries.get(key);
    const started = this.fetch(url, known, options).finally(() => this.fetching.delete(key));
    this.fetching.set(key, started);
    return started;
  }

  private async fetch(url: string, known: Entry | undefined, options: CardOptions): Promise<Entry> {
    try {
      for (const at of cardUrls(url)) {
        const entry = await this.fetchFrom(at, known?.url === at.target ? known : undefined, options);
        if (entry === undefined) continue;
        if (!entry.isOpen) this.entries.delete(url);
        this.entries.set(entry.isOpen ? url : keyOf(url, options), entry);
        return entry;
      }
      throw badCard('there is none');
    } catch (error) {
      throw isOutboundError(error) ? toFault(error, 'getting its card') : error;
    }
  }

  private async fetchFrom(
    { target, wellKnown, last }: CardUrl,
    known: Entry | undefined,
    { tls, credentials }: CardOptions,
  ): Promise<Entry | undefined> {
    const ask = (more: Record<string, string>) =>
      this.http.fetch(target, {
        headers: {
          accept: 'application/json',
          'a2a-version': '1.0',
          ...(known?.etag !== undefined && { 'if-none-match': known.etag }),
          ...(known?.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
          ...more,
        },
        limits: CARD_LIMITS,
        ...(tls !== undefined && { tls }),
      });
    let response = await ask({});
    const isOpen = response.status !== 401;
    const headers = isOpen ? {} : ((await credentials?.headers()) ?? {});
    if (Object.keys(headers).length > 0) {
      await response.body?.cancel();
      response = await ask(headers);
    }
    if (response.status === 304 && known !== undefined) {
      return { ...known, isOpen, freshUntil: freshUntil(response) };
    }
    if (!last && [404, 405, 410].includes(response.status)) {
      await response.body?.cancel();
      return undefined;
    }
    await assertOk(response, 'getting its card');
    const answer = await readCardJson(response);
    const card = readCard(answer, wellKnown, target);
    const signed = card.raw.signatures !== undefined && (await verified(card, target, this.http));
    const etag = response.headers.get('etag');
    const lastModified = response.headers.get('last-modified');
    return {
      card,
      url: target,
      isOpen,
      signed,
      freshUntil: freshUntil(response),
      ...(etag !== null && { etag }),
      ...(lastModified !== null && { lastModified }),
    };
  }
}

/** What checks signatures is loaded with the first card that has one. */
function verified(card: RemoteCard, url: string, http: OutboundClient): Promise<boolean> {
  const { verifySignatures } = require('./card-signature') as typeof import('./card-signature');
  return verifySignatures(card, url, http);
}

function keyOf(url: string, { credentials }: CardOptions): string {
  return credentials === undefined ? url : `${url}\n${credentials.key}`;
}

async function readCardJson(response: HttpAnswer): Promise<unknown> {
  try {
    return await readJson(response);
  } catch (error) {
    if (isOutboundError(error)) throw error;
    throw badCard('it is not JSON');
  }
}

interface CardUrl {
  target: string;
  wellKnown?: 'agent-card.json' | 'agent.json';
  last: boolean;
}

/** Where a card may be: at the URL itself when that names a file, else below it, at today's path and the old one. */
function cardUrls(url: string): CardUrl[] {
  const parsed = parseOutboundUrl(url);
  const named = /\/\.well-known\/(agent-card\.json|agent\.json)$/.exec(parsed.pathname)?.[1];
  if (named === 'agent-card.json' || named === 'agent.json') {
    return [{ target: parsed.href, wellKnown: named, last: true }];
  }
  if (/\.json$/i.test(parsed.pathname)) return [{ target: parsed.href, last: true }];
  const below = (wellKnown: 'agent-card.json' | 'agent.json', last: boolean): CardUrl => {
    const at = new URL(parsed);
    at.pathname = `${at.pathname.replace(/\/+$/, '')}/.well-known/${wellKnown}`;
    return { target: at.href, wellKnown, last };
  };
  return [below('agent-card.json', false), below('agent.json', true)];
}

/** Until when a response may be used without asking again (RFC 9111, as far as one client needs it). */
function freshUntil({ headers }: HttpAnswer): number {
  const now = Date.now();
  const control = (headers.get('cache-control') ?? '').toLowerCase();
  if (/\bno-(store|cache)\b/.test(control)) return now;
  const maxAge = /\bmax-age\s*=\s*"?(\d{1,10})/.exec(control)?.[1];
  if (maxAge !== undefined) {
    const age = Number(headers.get('age') ?? 0) || 0;
    return now + Math.min(MAX_AGE_MS, Math.max(0, Number(maxAge) - age) * 1_000);
  }
  const expires = Date.parse(headers.get('expires') ?? '');
  if (!Number.isNaN(expires)) return Math.min(now + MAX_AGE_MS, expires);
  return now + DEFAULT_AGE_MS;
}
