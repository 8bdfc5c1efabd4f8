import type { WireShape } from '../../../a2a/any-version';
import { isObject } from '../../../a2a/is-object';
import type { SendMessageRequest, SendMessageResponse, Task } from '../../../a2a/types';
import type { WireVersion } from '../card/remote-card';
import { RemoteFault, toFault } from '../fault';
import type { AgentConnection, AgentRequest } from './agent-connection';
import { badAnswer, readSendResponse, readStreamResponse, readTask } from './answers';
import { errorFault } from './http-answer';
import type { GetOptions, RemoteClient, RemoteEvent, RemoteLimits, SubscribeOptions } from './remote-client';

export interface HttpClientOptions {
  url: string;
  tenant?: string;
  connection: AgentConnection;
  limits: RemoteLimits;
}

/** One call of an operation; what a failure says was being done is `doing`. */
export type Operation = Pick<AgentRequest, 'doing' | 'signal' | 'headersMs'> &
  (
    | { name: 'send' | 'stream'; request: SendMessageRequest }
    | { name: 'get'; id: string; historyLength?: number | undefined }
    | { name: 'cancel'; id: string }
    | { name: 'subscribe'; id: string; lastEventId?: string | undefined }
  );

/** What was asked, and what came. */
export interface Answered {
  request: AgentRequest;
  response: Response;
  /** Of the request, in a binding that gives them one; the answer has to have it, too. */
  requestId?: string;
}

const ACCEPT_STREAM = 'text/event-stream';

/** A2A over HTTP. The bindings say how a request is written; what comes back is read in the same way for all. */
export abstract class HttpClient implements RemoteClient {
  abstract readonly version: WireVersion;
  readonly approximate = false;
  protected readonly shape: WireShape = {};

  constructor(protected readonly options: HttpClientOptions) {}

  /** Sends the request of an operation. @throws RemoteFault when the answer is not 2xx */
  protected abstract open(operation: Operation): Promise<Answered>;

  async send(request: SendMessageRequest, signal: AbortSignal): Promise<SendMessageResponse> {
    const headersMs = this.options.limits.sendMs;
    const result = await this.ask({ name: 'send', doing: 'sending the message', request, signal, headersMs });
    return readSendResponse(result, this.shape);
  }

  stream(request: SendMessageRequest, signal: AbortSignal): AsyncGenerator<RemoteEvent> {
    const headersMs = this.options.limits.sendMs;
    return this.read({ name: 'stream', doing: 'streaming the message', request, signal, headersMs });
  }

  subscribe(id: string, { signal, lastEventId }: SubscribeOptions): AsyncGenerator<RemoteEvent> {
    const headersMs = this.options.limits.requestMs;
    return this.read({
      name: 'subscribe',
      doing: 'subscribing to the task',
      id,
      lastEventId,
      signal,
      headersMs,
    });
  }

  async get(id: string, { signal, historyLength }: GetOptions): Promise<Task> {
    const headersMs = this.options.limits.requestMs;
    const asked = { name: 'get', doing: 'getting the task', id, historyLength, signal, headersMs } as const;
    return this.taskOf(await this.ask(asked), asked);
  }

  async cancel(id: string, signal: AbortSignal): Promise<Task> {
    const headersMs = this.options.limits.requestMs;
    const asked = { name: 'cancel', doing: 'cancelling the task', id, signal, headersMs } as const;
    return this.taskOf(await this.ask(asked), asked);
  }

  /** The Task that an operation was answered with. */
  protected async taskOf(result: unknown, _operation: Operation): Promise<Task> {
    return readTask(result, this.shape);
  }

  /** How an event of this binding differs from what A2A says; nothing unless told. */
  protected eventOf(result: unknown, _operation: Operation): unknown {
    return result;
  }

  private async ask(operation: Operation): Promise<unknown> {
    const { doing, signal } = operation;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(operation.headersMs + 1_000)]);
    try {
      const answered = await this.open({ ...operation, signal: limited });
      return resultOf(await this.options.connection.json(answered.response, answered.request), answered);
    } catch (error) {
      if (limited.aborted && !signal.aborted) {
        throw new RemoteFault('A2A_REMOTE_TIMEOUT', `failed while ${doing}: no answer in time`);
      }
      throw error;
    }
  }

  private async *read(operation: Operation): AsyncGenerator<RemoteEvent> {
    const { connection } = this.options;
    const answered = await this.open(operation);
    for await (const event of connection.events(answered.response, answered.request)) {
      const position = event.position === undefined ? {} : { position: event.position };
      if (event.unreadable !== undefined) yield { response: {}, unreadable: event.unreadable, ...position };
      else yield { ...this.readEvent(resultOf(event.value, answered), operation), ...position };
    }
  }

  private readEvent(result: unknown, operation: Operation): RemoteEvent {
    try {
      return { response: readStreamResponse(this.eventOf(result, operation), this.shape) ?? {} };
    } catch (error) {
      return { response: {}, unreadable: toFault(error, operation.doing) };
    }
  }

  /** Times and headers of a request, as all bindings have them. */
  protected requestOf(
    operation: Operation,
    accept: string,
  ): Pick<AgentRequest, 'doing' | 'signal' | 'headersMs' | 'streamIdleMs'> & {
    headers: Record<string, string>;
  } {
    const { doing, signal, headersMs } = operation;
    const streams = operation.name === 'stream' || operation.name === 'subscribe';
    const position = operation.name === 'subscribe' ? operation.lastEventId : undefined;
    return {
      doing,
      signal,
      headersMs,
      streamIdleMs: this.options.limits.streamIdleMs,
      headers: {
        accept: streams ? ACCEPT_STREAM : accept,
        ...(this.version !== '0.2' && { 'a2a-version': this.version }),
        ...(position !== undefined && { 'last-event-id': position }),
      },
    };
  }
}

/**
 * What is in the envelope of JSON-RPC; without one, the whole.
 * @throws RemoteFault when it holds an error, or is the answer to another request
 */
function resultOf(value: unknown, { request, requestId }: Answered): unknown {
  const { doing } = request;
  if (!isObject(value)) {
    throw badAnswer(`gave an answer that cannot be read while ${doing}: it is not a JSON object`);
  }
  if (isObject(value.error)) throw errorFault(value.error, doing);
  if (requestId !== undefined && isOther(value.id, requestId) && value.jsonrpc !== undefined) {
    throw badAnswer(`gave an answer to another request while ${doing}: ID mismatch`);
  }
  return 'result' in value ? value.result : value;
}

function isOther(id: unknown, requestId: string): boolean {
  return id !== undefined && id !== null && String(id) !== requestId;
}
