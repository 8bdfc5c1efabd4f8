import { isObject } from '../is-object';
import type { Message, SendMessageResponse, StreamResponse, Task, TaskStatus } from '../types';
import { statusToV03 } from './to-v0-3';

/*
 * Some clients (fasta2a's) call the methods of 0.3 with its words and the shapes of 1.0: parts without `kind`, and
 * answers and events under their names, as in `{"task": {...}}`.
 */

/** Whether the parameters of a send have no kind anywhere, as 0.3 wants it on messages and parts. */
export function isWithoutKinds(params: unknown): boolean {
  if (!isObject(params) || !isObject(params.message)) return false;
  const { kind, parts } = params.message;
  return kind === undefined && Array.isArray(parts) && !parts.some(saysKind);
}

function saysKind(part: unknown): boolean {
  return isObject(part) && ('kind' in part || 'type' in part);
}

/** An answer or event of 1.0 with the states and roles of 0.3. */
export function withWordsOfV03(response: SendMessageResponse | StreamResponse): object {
  const { task, message, statusUpdate, artifactUpdate } = response as StreamResponse;
  if (task !== undefined) return { task: taskOf(task) };
  if (message !== undefined) return { message: messageOf(message) };
  if (statusUpdate !== undefined) {
    return { statusUpdate: { ...statusUpdate, status: statusOf(statusUpdate.status) } };
  }
  return { artifactUpdate };
}

function taskOf(task: Task): object {
  return {
    ...task,
    status: statusOf(task.status),
    ...(task.history !== undefined && { history: task.history.map(messageOf) }),
  };
}

function statusOf(status: TaskStatus): object {
  const { message } = status;
  return { ...statusToV03(status), ...(message !== undefined && { message: messageOf(message) }) };
}

function messageOf(message: Message): object {
  return { ...message, role: message.role === 'ROLE_USER' ? 'user' : 'agent' };
}
