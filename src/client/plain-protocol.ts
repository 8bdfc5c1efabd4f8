import { randomUUID } from 'node:crypto';
import { taskForAgentNative } from '../a2a/agent-native/task';
import { isObject } from '../a2a/is-object';
import { readEvents } from '../a2a/server-sent-events';
import type { TaskV03 } from '../a2a/v0-3/types';
import { A2AClientError } from './client-error';
import type { Connection } from './connection';
import type { CallOptions, Protocol } from './protocol';
import type { AgentCard, Message, Task } from './types';

/** Statuses that say that nothing is served at a path. */
const NOTHING_HERE = [404, 405];

/**
 * The JSON-RPC of agent-native's servers, and of others of 0.3 that do not name a transport: `message/send` and its
 * like, at one of the usual paths. It is read leniently, since no two of them write quite the same.
 */
export class PlainProtocol implements Protocol {
  private endpoints: string[];

  constructor(
    private readonly connection: Connection,
    card: AgentCard | undefined,
  ) {
    const { baseUrl, endpoint } = connection;
    const usual = [`${baseUrl}/_agent-native/a2a`, `${baseUrl}/a2a`];
    const declared = declaredUrl(card, baseUrl);
    const candidates = declared?.endsWith('/a2a') ? [declared, ...usual] : [...usual, declared ?? baseUrl];
    this.endpoints = endpoint === undefined ? [...new Set(candidates)] : [endpoint];
  }

  async send(message: Message, options: CallOptions): Promise<Task> {
    return readTask(await this.call('message/send', { message: toWire(message) }, options));
  }

  async *stream(message: Message, { signal }: CallOptions): AsyncGenerator<Task> {
    const response = await this.post('message/stream', { message: toWire(message) }, signal);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
      // An error before the first event, or an agent that does not stream.
      yield readTask(resultOf(parse(await this.textOf(response, signal))));
      return;
    }
    try {
      for await (const { data } of readEvents(response.body)) {
        if (data !== '') yield readTask(resultOf(parse(data)));
      }
    } catch (error) {
      throw this.connection.failure(error, signal);
    }
  }

  async get(id: string, options: CallOptions): Promise<Task> {
    return readTask(await this.call('tasks/get', { id }, options));
  }

  async cancel(id: string, options: CallOptions): Promise<Task> {
    return readTask(await this.call('tasks/cancel', { id }, options));
  }

  private async call(method: string, params: object, { signal }: CallOptions): Promise<unknown> {
    const response = await this.post(method, params, signal);
    return resultOf(parse(await this.textOf(response, signal)));
  }

  private async textOf(response: Response, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw this.connection.failure(error, signal);
    }
  }

  private async post(method: string, params: object, signal: AbortSignal | undefined): Promise<Response> {
    let failure: A2AClientError | undefined;
    for (const endpoint of this.endpoints) {
      const response = await this.connection.fetch(endpoint, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), method, params }),
        ...(signal !== undefined && { signal }),
      });
      if (response.ok) {
        this.endpoints = [endpoint];
        return response;
      }
      const { status } = response;
      const said = (await this.textOf(response, signal)).slice(0, 300);
      failure ??= new A2AClientError(`${endpoint} answered with status ${status}: ${said}`, { status });
      if (!NOTHING_HERE.includes(status)) {
        throw new A2AClientError(`${endpoint} answered with status ${status}: ${said}`, { status });
      }
    }
    throw failure ?? new A2AClientError('there is no endpoint to call');
  }
}

function declaredUrl(card: AgentCard | undefined, baseUrl: string): string | undefined {
  if (typeof card?.url !== 'string' || !URL.canParse(card.url, baseUrl)) return undefined;
  return new URL(card.url, baseUrl).href.replace(/\/+$/, '');
}

/** Both tags, and an ID: what any of these servers wants. */
function toWire({ parts, messageId = randomUUID(), ...message }: Message): object {
  const both = parts.map((part) => ({ kind: part.type, ...part }));
  return { kind: 'message', messageId, ...message, parts: both };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new A2AClientError(`The agent's answer is not JSON: ${text.slice(0, 100)}`, {
      cause: error,
    });
  }
}

function resultOf(answer: unknown): unknown {
  if (!isObject(answer)) throw new A2AClientError("The agent's answer is not a JSON-RPC response");
  const { error, result } = answer;
  if (!isObject(error)) return result;
  throw new A2AClientError(`The agent answered with error ${String(error.code)}: ${String(error.message)}`, {
    ...(typeof error.code === 'number' && { code: error.code }),
  });
}

/** A task, a message in its place, or an update of its status. */
function readTask(value: unknown): Task {
  if (!isObject(value)) throw new A2AClientError("The agent's answer is not a task");
  const { taskId, contextId } = value;
  if (!isObject(value.status)) {
    if (!Array.isArray(value.parts)) throw new A2AClientError("The agent's answer is not a task");
    const status = { state: 'completed', message: value };
    return readTask({ id: taskId ?? '', contextId, status });
  }
  const { message } = value.status;
  const task = {
    ...value,
    id: String(value.id ?? taskId ?? ''),
    status: { ...value.status, ...(isObject(message) && { message: kinded(message) }) },
    ...(Array.isArray(value.artifacts) && { artifacts: value.artifacts.map(kinded) }),
    ...(Array.isArray(value.history) && { history: value.history.map(kinded) }),
  };
  return taskForAgentNative(task as unknown as TaskV03) as unknown as Task;
}

/** Parts with the tag that is missing; whatever else they are. */
function kinded(holder: unknown): object {
  const { parts } = isObject(holder) ? holder : { parts: undefined };
  const list = Array.isArray(parts) ? parts.filter(isObject) : [];
  return { ...(holder as object), parts: list.map((part) => ({ kind: part.kind ?? part.type, ...part })) };
}
