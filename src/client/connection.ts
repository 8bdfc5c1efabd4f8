import { isObject } from '../a2a/is-object';
import { A2AClientError } from './client-error';
import type { AgentCard } from './types';

export interface ConnectionOptions {
  /** Sent as `Authorization: Bearer`. */
  apiKey?: string | undefined;
  /** Further headers of every request. */
  headers?: Record<string, string> | undefined;
  /** In the place of the global one. */
  fetch?: typeof fetch | undefined;
}

/** Where an agent is, and how it knows its caller. */
export class Connection {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  private card: Promise<AgentCard | undefined> | undefined;

  /** @throws A2AClientError when it is no http or https URL */
  constructor(
    url: string,
    private readonly options: ConnectionOptions,
  ) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
      throw new A2AClientError(`url: must be an http or https URL, got ${JSON.stringify(url)}`);
    }
    this.baseUrl = url.replace(/\/+$/, '').replace(/\/(_agent-native\/)?a2a$/, '');
    this.endpoint = /\/a2a\/?$/.test(url) ? url.replace(/\/+$/, '') : undefined;
  }

  /** Set when the URL names the endpoint itself. */
  readonly endpoint: string | undefined;

  /** As the global one, with the caller's credentials. */
  readonly fetch: typeof fetch = async (input, init = {}) => {
    const { apiKey, headers: more, fetch: own = fetch } = this.options;
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(more ?? {})) headers.set(name, value);
    if (apiKey !== undefined && apiKey !== '') {
      this.assertEncrypted(new URL(input instanceof Request ? input.url : input));
      headers.set('Authorization', `Bearer ${apiKey}`);
    }
    try {
      return await own(input, { ...init, headers });
    } catch (error) {
      throw this.failure(error, init.signal);
    }
  };

  /** A card over https must not lead the key to a URL without encryption. @throws A2AClientError */
  private assertEncrypted({ protocol, origin }: URL): void {
    if (new URL(this.baseUrl).protocol !== 'https:' || protocol === 'https:') return;
    throw new A2AClientError(
      `The card of ${this.baseUrl} names ${origin}, which is not encrypted: the key is not sent there`,
    );
  }

  /** What the caller is told when an answer does not come, or breaks off. */
  failure(error: unknown, signal: AbortSignal | null | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if ((error as { name?: unknown }).name === 'A2AClientError') return error;
    return new A2AClientError(`No answer from ${this.baseUrl}: ${reasonOf(error)}`, { cause: error });
  }

  /** @throws A2AClientError */
  async getCard(signal?: AbortSignal): Promise<AgentCard> {
    const failures: string[] = [];
    for (const path of ['/.well-known/agent-card.json', '/.well-known/agent.json']) {
      const response = await this.fetch(`${this.baseUrl}${path}`, {
        headers: { Accept: 'application/json' },
        ...(signal !== undefined && { signal }),
      });
      const card: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
      if (isObject(card) && typeof card.name === 'string') return card as AgentCard;
      if (!response.ok) await response.body?.cancel();
      failures.push(`${path}: ${response.ok ? 'no agent card' : `status ${response.status}`}`);
    }
    throw new A2AClientError(`${this.baseUrl} has no agent card (${failures.join('; ')})`);
  }

  /** The card, fetched once; undefined when there is none, which some agents can be called without. */
  knownCard(signal?: AbortSignal): Promise<AgentCard | undefined> {
    this.card ??= this.getCard(signal).catch((error: unknown) => {
      this.card = undefined;
      // Whoever cannot be reached at all has a better error than to have no card.
      if (signal?.aborted || (error as { cause?: unknown }).cause !== undefined) throw error;
      return undefined;
    });
    return this.card;
  }
}

/** The cause says more than "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: unknown; cause?: { message?: unknown } };
  return String(cause?.message ?? message ?? error);
}
