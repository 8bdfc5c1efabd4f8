import { randomUUID } from 'node:crypto';
import {
  CancelTaskRequest,
  GetTaskRequest,
  Message as SdkMessage,
  SendMessageRequest as SdkSendMessageRequest,
  StreamResponse as SdkStreamResponse,
  Task as SdkTask,
} from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import { TaskUpdates, taskForAgentNative } from '../a2a/agent-native/task';
import { parseRequest } from '../a2a/schema';
import type { SendMessageRequest, StreamResponse, Task as TaskV1 } from '../a2a/types';
import { kindsFetch } from '../a2a/v0-3/kinds-fetch';
import { messageSendParams } from '../a2a/v0-3/schema';
import { taskToV03 } from '../a2a/v0-3/to-v0-3';
import { A2AClientError } from './client-error';
import type { Connection } from './connection';
import type { CallOptions, Protocol } from './protocol';
import type { AgentCard, Message, Task } from './types';

const sendParams = messageSendParams({ blocking: true });

/** A2A 1.0, and 0.3 as its documents have it, over JSON-RPC or HTTP+JSON: the official SDK speaks. */
export class SdkProtocol implements Protocol {
  private constructor(private readonly client: Client) {}

  static async connect(connection: Connection, card: AgentCard): Promise<SdkProtocol> {
    const options = { fetchImpl: kindsFetch(connection.fetch), legacyCompat: { enabled: true } };
    const factory = new ClientFactory({
      transports: [new JsonRpcTransportFactory(options), new RestTransportFactory(options)],
    });
    const resolver = new DefaultAgentCardResolver(options);
    const read = async () => factory.createFromAgentCard(resolver.normalizeAgentCard(card));
    return new SdkProtocol(await asError(read, undefined));
  }

  async send(message: Message, { signal }: CallOptions): Promise<Task> {
    const request = SdkSendMessageRequest.fromJSON(toRequest(message));
    const answer = await asError(
      () => this.client.sendMessage(request, { ...(signal && { signal }) }),
      signal,
    );
    if (!('role' in answer)) return toTask(SdkTask.toJSON(answer));
    return told(new TaskUpdates(), { message: SdkMessage.toJSON(answer) });
  }

  async *stream(message: Message, { signal }: CallOptions): AsyncGenerator<Task> {
    const request = SdkSendMessageRequest.fromJSON(toRequest(message));
    const updates = new TaskUpdates();
    try {
      for await (const event of this.client.sendMessageStream(request, { ...(signal && { signal }) })) {
        yield told(updates, SdkStreamResponse.toJSON(event));
      }
    } catch (error) {
      throw clientError(error, signal);
    }
  }

  async get(id: string, { signal }: CallOptions): Promise<Task> {
    const request = GetTaskRequest.fromJSON({ id });
    const task = await asError(() => this.client.getTask(request, { ...(signal && { signal }) }), signal);
    return toTask(SdkTask.toJSON(task));
  }

  async cancel(id: string, { signal }: CallOptions): Promise<Task> {
    const request = CancelTaskRequest.fromJSON({ id });
    const task = await asError(() => this.client.cancelTask(request, { ...(signal && { signal }) }), signal);
    return toTask(SdkTask.toJSON(task));
  }
}

function toRequest({ messageId = randomUUID(), ...message }: Message): SendMessageRequest {
  return parseRequest(sendParams, { message: { messageId, ...message } }) as SendMessageRequest;
}

function toTask(task: unknown): Task {
  return taskForAgentNative(taskToV03(task as TaskV1)) as unknown as Task;
}

function told(updates: TaskUpdates, response: unknown): Task {
  const task = updates.next(response as StreamResponse);
  if (task === undefined) throw new A2AClientError('The agent sent an event without a task');
  return task as unknown as Task;
}

async function asError<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw clientError(error, signal);
  }
}

function clientError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const { name, message } = error as { name?: unknown; message?: unknown };
  if (name === 'A2AClientError') return error;
  return new A2AClientError(`The agent answered with an error: ${String(message)}`, { cause: error });
}
