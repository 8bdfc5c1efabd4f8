import { isObject } from '../../../a2a/is-object';
import { readEvents } from '../../../a2a/server-sent-events';
import type { OutboundClient, TlsIdentity } from '../../../outbound/outbound-client';
import { parseOutboundUrl } from '../../../outbound/outbound-url';
import { maxActivityPayload, maxRemoteAnswer } from '../../payload-limit';
import type { Credentials } from '../credentials/authentication';
import { RemoteFault, toFault } from '../fault';
import { badAnswer } from './answers';
import { errorFault, httpFault, namedError } from './http-answer';

export interface ConnectionOptions {
  http: OutboundClient;
  tls?: TlsIdentity;
  /** Anew when `again`: what was given before was not accepted. */
  credentials: (again: boolean) => Promise<Credentials>;
}

export interface AgentRequest {
  /** What a failure says was being done, as in "getting the task". */
  doing: string;
  url: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: object;
  signal: AbortSignal;
  /** Until the head of the answer, in ms. */
  headersMs: number;
  /** Longest silence on a stream, in ms. */
  streamIdleMs: number;
}

/** An event of a stream as JSON, or why it is none. */
export type AgentEvent = { position?: string } & (
  | { value: unknown; unreadable?: never }
  | { unreadable: RemoteFault }
);

/** Largest event that is read, in characters; Temporal could not carry more anyway. */
const MAX_EVENT = 4 * 1024 * 1024;

/** Largest body of an error that is read, in characters. */
const MAX_ERROR = 64 * 1024;

/** Some servers put a record separator (RFC 7464) before the JSON of an event. */
const BEFORE_JSON = /^[\p{Cc}\ufeff]+/u;

/** HTTP to one agent, with its credentials. Everything throws RemoteFault, or the reason of the signal. */
export class AgentConnection {
  constructor(private readonly options: ConnectionOptions) {}

  /** An answer whose status is 2xx. */
  async fetch(request: AgentRequest): Promise<Response> {
    const response = await this.ask(request);
    if (!response.ok) throw await faultOf(response, request.doing);
    return response;
  }

  /** An answer of any status, with its credentials renewed once when they were not accepted. */
  async ask(request: AgentRequest): Promise<Response> {
    try {
      const response = await this.send(request, false);
      if (response.status !== 401 || !(await this.renewable())) return response;
      await response.body?.cancel();
      return await this.send(request, true);
    } catch (error) {
      throw failureOf(error, request);
    }
  }

  /** The body of an answer, which has to be JSON. */
  async json(response: Response, request: AgentRequest): Promise<unknown> {
    const { doing } = request;
    try {
      const value = parse(await response.text());
      if (value === undefined)
        throw badAnswer(`gave an answer that cannot be read while ${doing}: it is not JSON`);
      return value;
    } catch (error) {
      throw failureOf(error, request);
    }
  }

  /** The events of an answer; of one that is no stream, the whole of it. */
  async *events(response: Response, request: AgentRequest): AsyncGenerator<AgentEvent> {
    const { doing } = request;
    if (!isEventStream(response) || response.body === null) {
      yield { value: await this.json(response, request) };
      return;
    }
    try {
      for await (const { data, event, id } of readEvents(
        response.body,
        Math.max(MAX_EVENT, maxActivityPayload()),
      )) {
        if (data.trim() === '') continue;
        const value = parse(data);
        if (event === 'error') throw errorFault(errorOf(value) ?? { message: data }, doing);
        const position = id === undefined ? {} : { position: id };
        if (value === undefined) {
          yield { unreadable: badAnswer(`sent an event that is not JSON while ${doing}`), ...position };
        } else yield { value, ...position };
      }
    } catch (error) {
      throw failureOf(error, request);
    }
  }

  /** Headers of every request, for a binding that has no URL query. */
  async headers(): Promise<Record<string, string>> {
    const { headers, query } = await this.options.credentials(false);
    return { ...this.options.http.trace(), ...query, ...headers };
  }

  private async renewable(): Promise<boolean> {
    return (await this.options.credentials(false)).tokens.length > 0;
  }

  private async send(
    { url: target, method = 'POST', headers: given, body, signal, headersMs, streamIdleMs }: AgentRequest,
    again: boolean,
  ): Promise<Response> {
    const { http, tls } = this.options;
    const { headers, query } = await this.options.credentials(again);
    const url = parseOutboundUrl(target);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return await http.fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...given, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
      limits: { headersMs, streamIdleMs, maxBytes: maxRemoteAnswer() },
      ...(tls !== undefined && { tls }),
    });
  }
}

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** What an answer that is not 2xx means: the error of A2A that it holds, or its status. */
export async function faultOf(response: Response, doing: string): Promise<RemoteFault> {
  const body = (await response.text().catch(() => '')).slice(0, MAX_ERROR);
  const fault = httpFault(response, body, doing);
  if (fault.type === 'A2A_REMOTE_UNAUTHORIZED') return fault;
  if (fault.retryable && fault.retryAfterMs !== undefined) return fault;
  const named = namedError(errorOf(parse(body)));
  return named === undefined ? fault : errorFault(named, doing);
}

/** The error in the body of an answer; in HTTP+JSON of 0.3 it is the body. */
function errorOf(value: unknown): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  return isObject(value.error) ? value.error : value;
}

function failureOf(error: unknown, { signal, doing }: AgentRequest): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof RangeError) {
    return new RemoteFault('A2A_REMOTE_TOO_LARGE', `failed while ${doing}: ${error.message}`);
  }
  return toFault(error, doing);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(BEFORE_JSON, '')) as unknown;
  } catch {
    return undefined;
  }
}
