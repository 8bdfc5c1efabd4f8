import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { isTaskNotFound } from '../../a2a/error-reason';
import { TaskNotFoundError } from '../../a2a/errors';
import { isInterrupted } from '../../a2a/task-update';
import type { Message, SendMessageRequest, Task } from '../../a2a/types';
import type { taskSendParams } from '../../a2a/v0-2/schema';
import { chosenTaskId } from '../../bridge/task-id';
import type { OperationCall } from '../operations';

/**
 * Clients of 0.2 name their tasks. A task of theirs has the ID that is derived from agent, owner and that name, so two
 * owners may use one name; failing that, the name may be the ID of a task that the owner has made in another version.
 */

/** @throws TaskNotFoundError */
export async function requireTask(clientTaskId: string, call: OperationCall): Promise<Task> {
  const task = await findTask(clientTaskId, call);
  if (task !== undefined) return task;
  throw new TaskNotFoundError({
    message: `Task not found: ${clientTaskId}`,
    metadata: { taskId: clientTaskId },
  });
}

async function findTask(clientTaskId: string, call: OperationCall): Promise<Task | undefined> {
  const { agent, owner } = call;
  return (
    (await getTask(chosenTaskId(agent.id, owner, clientTaskId), call)) ?? (await getTask(clientTaskId, call))
  );
}

async function getTask(id: string, call: OperationCall): Promise<Task | undefined> {
  try {
    return await call.operations.getTask({ id }, call);
  } catch (error) {
    if (isTaskNotFound(error)) return undefined;
    throw error;
  }
}

/** A send of 0.2 as one of 1.0. */
export interface Send {
  request: SendMessageRequest;
  call: OperationCall;
  /** The task as it was before, when there was one. */
  task: Task | undefined;
  /** ID of the task as the bridge knows it. */
  taskId: string;
}

/** The first message under a name makes a task, every other goes to it. */
export async function toSend(params: z.output<typeof taskSendParams>, call: OperationCall): Promise<Send> {
  const { id, sessionId, message, acceptedOutputModes, pushNotification, metadata } = params;
  const task = await findTask(id, call);
  const messageId = message.messageId ?? messageIdFor(id, message, task);
  const chosen = chosenTaskId(call.agent.id, call.owner, id);
  const isFirst = task === undefined || (task.id === chosen && task.history?.[0]?.messageId === messageId);
  const configuration = {
    ...(acceptedOutputModes?.length && { acceptedOutputModes: acceptedOutputModes.map(toMediaType) }),
    ...(pushNotification !== undefined && { taskPushNotificationConfig: { ...pushNotification, id } }),
  };
  return {
    request: {
      message: {
        ...message,
        messageId,
        role: 'ROLE_USER',
        ...(sessionId !== undefined && { contextId: sessionId }),
        ...(!isFirst && { taskId: task.id }),
      },
      ...(Object.keys(configuration).length > 0 && { configuration }),
      ...(metadata !== undefined && { metadata }),
    },
    call: isFirst ? { ...call, newTaskId: chosen } : call,
    task,
    taskId: task?.id ?? chosen,
  };
}

/**
 * Messages of 0.2 have no IDs, so one is derived from their content and place among the client's. The same content
 * once more is the same message, sent again because its answer was lost, unless the agent has asked something since:
 * then it is an answer, even if it is the same answer as before.
 */
function messageIdFor(
  clientTaskId: string,
  { parts, metadata }: Pick<Message, 'parts' | 'metadata'>,
  task: Task | undefined,
): string {
  const digest = (place: number) =>
    createHash('sha256')
      .update(JSON.stringify([clientTaskId, place, parts, metadata ?? null]))
      .digest('hex')
      .slice(0, 32);
  const history = task?.history ?? [];
  const sent = history.filter(({ role }) => role === 'ROLE_USER');
  const latest = sent.at(-1);
  if (task === undefined || latest === undefined) return digest(sent.length);
  const asksSince = isInterrupted(task.status.state) && history.at(-1) !== latest;
  const again = digest(sent.length - 1);
  return latest.messageId === again && !asksSince ? again : digest(sent.length);
}

/** Modes were words at first. */
function toMediaType(mode: string): string {
  return { text: 'text/plain', data: 'application/json' }[mode] ?? mode;
}
