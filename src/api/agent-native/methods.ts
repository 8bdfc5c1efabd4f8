import { createHash, randomUUID } from 'node:crypto';
import type { Context } from 'koa';
import { taskForAgentNative } from '../../a2a/agent-native/task';
import { isObject } from '../../a2a/is-object';
import { parseRequest } from '../../a2a/schema';
import type { SendMessageRequest, SendMessageResponse, Task } from '../../a2a/types';
import { messageSendParams, taskIdParams, taskQueryParams } from '../../a2a/v0-3/schema';
import { taskToV03 } from '../../a2a/v0-3/to-v0-3';
import { taskIds } from '../../bridge/task-id';
import type { Operation, OperationCall } from '../operations';
import { operation } from '../v0-3/methods';
import { taskStream } from './stream';

/*
 * The JSON-RPC of agent-native: methods of A2A 0.3, with parts that have a `type`, messages without an ID, and answers
 * whose text is in the message of the status.
 */

const sendParams = messageSendParams({ blocking: true });

const METHODS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    'message/send',
    {
      ...operation('SendMessage', 'unary'),
      run: async (params, call) => {
        const request = readSend(params);
        const { task } = (await operation('SendMessage', 'unary').run(request, call)) as SendMessageResponse;
        return taskForAgentNative(taskToV03(task ?? (await taskOf(request, call))));
      },
    },
  ],
  [
    'message/stream',
    {
      ...operation('SendStreamingMessage', 'streaming'),
      open: async (params, call) => {
        const agent = { ...call.agent, answers: 'task' as const };
        const request = readSend(params);
        const stream = await operation('SendStreamingMessage', 'streaming').open(request, { ...call, agent });
        return taskStream(stream);
      },
    },
  ],
  ['tasks/get', onTask('GetTask', taskQueryParams)],
  ['tasks/cancel', onTask('CancelTask', taskIdParams)],
]);

function onTask(name: string, schema: typeof taskQueryParams | typeof taskIdParams): Operation {
  const base = operation(name, 'unary');
  return {
    ...base,
    run: async (params, call) =>
      taskForAgentNative(taskToV03((await base.run(parseRequest(schema, params), call)) as Task)),
  };
}

/** The task of an agent that answers with a Message. */
async function taskOf({ message }: SendMessageRequest, call: OperationCall): Promise<Task> {
  const id = message.taskId ?? taskIds(call.agent.id, call.owner, message).id;
  return call.operations.getTask({ id }, call);
}

/** `contextId`, `async` and `idempotencyKey` are beside the message there. */
function readSend(params: unknown): SendMessageRequest {
  if (!isObject(params) || !isObject(params.message)) return parseRequest(sendParams, params);
  const { message, contextId, async: asynchronous, idempotencyKey, configuration, metadata } = params;
  const given = isObject(configuration) ? configuration : {};
  return parseRequest(sendParams, {
    message: {
      ...message,
      messageId: message.messageId ?? newMessageId(idempotencyKey),
      contextId: message.contextId ?? contextId ?? null,
    },
    configuration: asynchronous === true ? { blocking: false, ...given } : (configuration ?? null),
    metadata: metadata ?? null,
  });
}

/** Without a key, nothing tells a message that is sent again from a new one. */
function newMessageId(idempotencyKey: unknown): string {
  if (typeof idempotencyKey !== 'string' || idempotencyKey === '') return randomUUID();
  return createHash('sha256').update(`idempotencyKey ${idempotencyKey}`).digest('hex').slice(0, 32);
}

/** Where a request came in that may be one of agent-native. */
export type Surface = 'agent-native' | 'either';

/**
 * The method of a client of agent-native, which names no version. Where clients of 0.3 call too, it is told by its
 * message: its parts have a `type` and no `kind`.
 */
export function methodOfAgentNative(
  ctx: Context,
  surface: Surface,
  method: string,
  params: Record<string, unknown>,
): Operation | undefined {
  if (ctx.get('A2A-Version') !== '' || (surface === 'either' && !isAgentNative(params))) return undefined;
  return METHODS.get(method);
}

function isAgentNative({ message, id }: Record<string, unknown>): boolean {
  if (message === undefined) return id !== undefined;
  if (!isObject(message) || !Array.isArray(message.parts)) return false;
  return message.parts.every((part) => isObject(part) && 'type' in part && !('kind' in part));
}
