import { isObject } from '../../../a2a/is-object';
import { mapEvents, type ServerSentEvent } from '../../../a2a/server-sent-events';
import { kindsFetch } from '../../../a2a/v0-3/kinds-fetch';
import type { OutboundClient, OutboundLimits, TlsIdentity } from '../../../outbound/outbound-client';
import { parseOutboundUrl } from '../../../outbound/outbound-url';
import type { Credentials } from '../credentials/authentication';
import { badAnswer } from './answers';
import { httpFault } from './http-answer';

export interface ConnectionOptions {
  http: OutboundClient;
  tls?: TlsIdentity;
  /** Anew when `again`: what was given before was not accepted. */
  credentials: (again: boolean) => Promise<Credentials>;
}

/** What the SDK's transports give to `fetch`. */
interface FetchInit {
  method?: string;
  headers?: unknown;
  body?: unknown;
  signal?: AbortSignal | null;
}

/** Largest event that is read, in characters; Temporal could not carry more anyway. */
const MAX_EVENT = 4 * 1024 * 1024;

/** Largest body of an error that is read, in characters. */
const MAX_ERROR = 64 * 1024;

/**
 * HTTP to one agent, with its credentials; `fetch` suits the transports of the official SDK. What is not an
 * answer of A2A is thrown as RemoteFault before the SDK sees it.
 */
export class AgentConnection {
  constructor(private readonly options: ConnectionOptions) {}

  /**
   * @param doing what a failure says was being done
   * @param onEvent called for each server-sent event before its reader gets it
   */
  fetchFor(
    doing: string,
    limits: Partial<OutboundLimits>,
    onEvent?: (event: ServerSentEvent) => void,
  ): typeof fetch {
    const ask = async (input: unknown, init: unknown): Promise<Response> => {
      const request = { method: 'GET', ...(init as FetchInit | undefined) };
      const response = await this.send(String(input), request, limits, false);
      if (response.status !== 401 || !(await this.retryable())) return response;
      await response.body?.cancel();
      return await this.send(String(input), request, limits, true);
    };
    // Cut into events first: that is what limits how much of one is kept.
    const fetchEvents = kindsFetch(async (input, init) => {
      const response = await ask(input, init);
      if (!response.ok || response.body === null || !isEventStream(response)) return response;
      const tell = (event: ServerSentEvent) => {
        onEvent?.(event);
        return event;
      };
      return new Response(response.body.pipeThrough(mapEvents(tell, MAX_EVENT)), {
        status: response.status,
        headers: response.headers,
      });
    });
    return async (input, init) => {
      const response = await fetchEvents(input, init);
      return response.ok ? response : await readError(response, doing);
    };
  }

  /** Headers of every request, for a binding that has no URL query. */
  async headers(): Promise<Record<string, string>> {
    const { headers, query } = await this.options.credentials(false);
    return { ...query, ...headers };
  }

  private async retryable(): Promise<boolean> {
    return (await this.options.credentials(false)).tokens.length > 0;
  }

  private async send(
    target: string,
    init: FetchInit,
    limits: Partial<OutboundLimits>,
    again: boolean,
  ): Promise<Response> {
    const { http, tls } = this.options;
    const { headers, query } = await this.options.credentials(again);
    const url = parseOutboundUrl(target);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return await http.fetch(url, {
      ...(init.method !== undefined && { method: init.method }),
      headers: { ...(init.headers as Record<string, string> | undefined), ...headers },
      ...(typeof init.body === 'string' && { body: init.body }),
      signal: init.signal ?? null,
      limits,
      ...(tls !== undefined && { tls }),
    });
  }
}

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** An error of A2A goes on to the SDK, which knows their names; everything else ends here. */
async function readError(response: Response, doing: string): Promise<Response> {
  const body = (await response.text().catch(() => '')).slice(0, MAX_ERROR);
  const fault = httpFault(response, body, doing);
  if (fault.type === 'A2A_REMOTE_UNAUTHORIZED') throw fault;
  if (!isA2AError(body)) throw fault;
  if (fault.retryable && fault.retryAfterMs !== undefined) throw fault;
  return new Response(body, { status: response.status, headers: response.headers });
}

/** An error that A2A names: by its JSON-RPC code, or by the reason in google.rpc.ErrorInfo. */
function isA2AError(body: string): boolean {
  try {
    const parsed: unknown = JSON.parse(body);
    // HTTP+JSON of 0.3 has the error itself as body.
    const error = isObject(parsed) ? (parsed.error ?? parsed) : undefined;
    if (!isObject(error)) return false;
    if (typeof error.code === 'number' && error.code <= -32000 && error.code !== -32603) return true;
    return (
      Array.isArray(error.details) && error.details.some((detail) => isObject(detail) && 'reason' in detail)
    );
  } catch {
    return false;
  }
}

/** A body that has to be JSON. @throws RemoteFault A2A_REMOTE_BAD_ANSWER; OutboundError */
export async function jsonOf(response: Response, doing: string): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badAnswer(`gave an answer that is not JSON while ${doing}`);
  }
}
