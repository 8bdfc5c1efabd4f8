import { randomUUID } from 'node:crypto';
import { isObject } from '../../../a2a/is-object';
import type { ServerSentEvent } from '../../../a2a/server-sent-events';
import type { SendMessageRequest, SendMessageResponse, StreamResponse, Task } from '../../../a2a/types';
import { artifactFromV02, statusFromV02, taskFromV02 } from '../../../a2a/v0-2/from-v0-2';
import { messageToV02 } from '../../../a2a/v0-2/to-v0-2';
import type { OutboundLimits } from '../../../outbound/outbound-client';
import { RemoteFault, shortText, toFault } from '../fault';
import { type AgentConnection, jsonOf } from './agent-connection';
import { badAnswer, readStreamResponse, readTask } from './answers';
import type { RemoteClient, RemoteEvent, RemoteLimits, SubscribeOptions } from './remote-client';

export interface OldClientOptions {
  url: string;
  connection: AgentConnection;
  limits: RemoteLimits;
}

/** JSON-RPC codes of errors that mean more than that the call has failed. */
const RPC_INTERNAL = -32603;
const RPC_TASK_NOT_FOUND = -32001;
const RPC_TASK_NOT_CANCELABLE = -32002;

/**
 * The JSON-RPC of agents from before `message/send`: `tasks/send`, `tasks/sendSubscribe`, `tasks/get`,
 * `tasks/cancel` and `tasks/resubscribe`. There the client names the task, so the messageId does it, and a
 * repeated send is a send to the same task.
 */
export class OldClient implements RemoteClient {
  readonly version = '0.2';
  readonly approximate = false;

  constructor(private readonly options: OldClientOptions) {}

  async send(request: SendMessageRequest, signal: AbortSignal): Promise<SendMessageResponse> {
    const limits = { headersMs: this.options.limits.sendMs };
    const result = await this.call('tasks/send', toOldSend(request), 'sending the message', limits, signal);
    return { task: readTask(taskFromV02(result)) };
  }

  stream(request: SendMessageRequest, signal: AbortSignal): AsyncGenerator<RemoteEvent> {
    return this.read('tasks/sendSubscribe', toOldSend(request), 'streaming the message', signal);
  }

  async get(id: string, signal: AbortSignal): Promise<Task> {
    return await this.ask('tasks/get', id, 'getting the task', signal);
  }

  async cancel(id: string, signal: AbortSignal): Promise<Task> {
    return await this.ask('tasks/cancel', id, 'cancelling the task', signal);
  }

  subscribe(id: string, { signal }: SubscribeOptions): AsyncGenerator<RemoteEvent> {
    return this.read('tasks/resubscribe', { id }, 'subscribing to the task', signal);
  }

  private async ask(method: string, id: string, doing: string, signal: AbortSignal): Promise<Task> {
    const limits = { headersMs: this.options.limits.requestMs };
    return readTask(taskFromV02(await this.call(method, { id }, doing, limits, signal)));
  }

  private async call(
    method: string,
    params: object,
    doing: string,
    limits: Partial<OutboundLimits>,
    signal: AbortSignal,
  ): Promise<unknown> {
    try {
      const response = await this.post(method, params, doing, limits, signal, 'application/json');
      return resultOf(await jsonOf(response, doing), doing);
    } catch (error) {
      throw signal.aborted ? signal.reason : toFault(error, doing);
    }
  }

  private async *read(
    method: string,
    params: { id: string },
    doing: string,
    signal: AbortSignal,
  ): AsyncGenerator<RemoteEvent> {
    const events: ServerSentEvent[] = [];
    const { sendMs, streamIdleMs } = this.options.limits;
    try {
      const limits = { headersMs: sendMs, streamIdleMs };
      const accept = 'text/event-stream';
      const response = await this.post(method, params, doing, limits, signal, accept, (event) =>
        events.push(event),
      );
      if (!response.headers.get('content-type')?.startsWith(accept) || response.body === null) {
        resultOf(await jsonOf(response, doing), doing);
        throw badAnswer(`answered without a stream while ${doing}`);
      }
      const reader = response.body.getReader();
      try {
        for (;;) {
          const { done } = await reader.read();
          for (const { data } of events.splice(0)) {
            yield { response: toStreamResponse(resultOf(parse(data), doing), params.id) };
          }
          if (done) return;
        }
      } finally {
        await reader.cancel().catch(() => {});
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : toFault(error, doing);
    }
  }

  private async post(
    method: string,
    params: object,
    doing: string,
    limits: Partial<OutboundLimits>,
    signal: AbortSignal,
    accept: string,
    onEvent?: (event: ServerSentEvent) => void,
  ): Promise<Response> {
    const { connection, url } = this.options;
    return await connection.fetchFor(
      doing,
      limits,
      onEvent,
    )(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), method, params }),
      signal,
    });
  }
}

function toOldSend({ message, configuration, metadata }: SendMessageRequest) {
  return {
    id: message.taskId ?? message.messageId,
    ...(message.contextId !== undefined && { sessionId: message.contextId }),
    message: messageToV02(message),
    ...(configuration?.acceptedOutputModes !== undefined && {
      acceptedOutputModes: configuration.acceptedOutputModes,
    }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** `{id, status, final}` or `{id, artifact}`; some send the whole task. */
function toStreamResponse(result: unknown, askedId: string): StreamResponse {
  if (!isObject(result)) throw badAnswer('sent an event that is not a JSON object');
  const taskId = result.id ?? askedId;
  if (isObject(result.artifact)) {
    const { append, lastChunk } = result.artifact;
    const artifact = artifactFromV02(result.artifact, String(taskId));
    return readStreamResponse({
      artifactUpdate: { taskId, artifact, append: append === true, lastChunk: lastChunk === true },
    });
  }
  if ('artifacts' in result || 'sessionId' in result || 'history' in result) {
    return { task: readTask(taskFromV02(result)) };
  }
  return readStreamResponse({ statusUpdate: { taskId, status: statusFromV02(result.status) } });
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    throw badAnswer('sent an event that is not JSON');
  }
}

/** The result of a JSON-RPC answer. @throws RemoteFault with the code when it is an error */
function resultOf(answer: unknown, doing: string): unknown {
  if (!isObject(answer)) throw badAnswer(`gave an answer that is not JSON-RPC while ${doing}`);
  const { error } = answer;
  if (!isObject(error)) return answer.result;
  const code = Number(error.code);
  const message = `failed while ${doing}: ${shortText(String(error.message))} (${code})`;
  const reasons: Record<number, string> = {
    [RPC_TASK_NOT_FOUND]: 'TASK_NOT_FOUND',
    [RPC_TASK_NOT_CANCELABLE]: 'TASK_NOT_CANCELABLE',
  };
  const reason = reasons[code];
  throw new RemoteFault(code === RPC_INTERNAL ? 'A2A_REMOTE_UNAVAILABLE' : 'A2A_REMOTE_ERROR', message, {
    code,
    ...(reason !== undefined && { reason }),
  });
}
