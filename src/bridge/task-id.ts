import { v5 as uuidv5 } from 'uuid';
import type { Message } from '../a2a/types';

/** Namespace of every ID that the bridge derives. Changing it would give retried messages new tasks. */
const NAMESPACE = 'b6f4a1d0-6a3c-4a52-9c0b-2f1d7f6e9a55';

function derive(...names: string[]): string {
  return uuidv5(JSON.stringify(names), NAMESPACE);
}

/**
 * IDs of the task that a message makes: always the same for the same message, so that a client that sends it
 * again after a lost answer gets the task that it has already made.
 */
export function taskIds(
  agentId: string,
  owner: string,
  message: Message,
  id = derive('task', agentId, owner, message.contextId ?? '', message.messageId),
): { id: string; contextId: string } {
  return { id, contextId: message.contextId ?? derive('context', id) };
}

/** ID of the task that a client of 0.2 calls `clientTaskId`; other clients may choose the same for tasks of theirs. */
export function chosenTaskId(agentId: string, owner: string, clientTaskId: string): string {
  return derive('chosen task', agentId, owner, clientTaskId);
}

/** The same for every attempt to hand this message to this task. */
export function messageRequestId(taskId: string, messageId: string): string {
  return derive('message', taskId, messageId);
}

/** ID of the message that says what is wrong with a run. */
export function problemMessageId(runId: string, text: string): string {
  return derive('problem', runId, text);
}

/**
 * ID of a push notification config whose client has given it none: the same for the same content, so that a repeat makes
 * no second one.
 * @param content a digest of it, which tells nothing of what is secret in it
 */
export function pushConfigId(taskId: string, content: string): string {
  return derive('push config', taskId, content);
}
