import { log } from '@temporalio/workflow';
import { type OnLeftOut, readMessage, readUpdates } from '../a2a/agent-json';
import { isObject } from '../a2a/is-object';
import { isTerminal, TASK_STATES, type TaskUpdate } from '../a2a/task-update';
import type { Message, TaskState } from '../a2a/types';
import { MESSAGE_SIGNAL, UPDATE_NAME } from '../contract/contract';
import { hasFlag, WorkflowFlags } from './flags';

/** Nobody else tells the author of a workflow or activity; the logger adds the workflow's ID. */
const warn: OnLeftOut = (field, problem) => log.warn(`${field} ${problem}; it is left out`, { field });

/** The updates in what came with a signal `a2a_update` or `a2a_child`. */
export function receivedUpdates(value: unknown): TaskUpdate[] {
  const list = Array.isArray(value) ? value : [value];
  return list.flatMap((each: unknown, index) => {
    const updates = readUpdates(each, warn, Array.isArray(value) ? `${UPDATE_NAME}[${index}]` : UPDATE_NAME);
    const taken = wasUpdate(each);
    if (updates.length > 0 === taken || hasFlag(WorkflowFlags.protoJson)) return updates;
    return taken ? [each as TaskUpdate] : [];
  });
}

/** The message that came with a signal `a2a_message`; undefined when it was none. */
export function receivedMessage(value: unknown): Message | undefined {
  const message = readMessage(value, MESSAGE_SIGNAL, warn);
  const taken = wasMessage(value);
  if ((message !== undefined) === taken || hasFlag(WorkflowFlags.protoJson)) return message;
  return taken ? (value as Message) : undefined;
}

/** What was an update up to version 0.1.0. */
function wasUpdate(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { statusUpdate, artifactUpdate } = value;
  if (isObject(statusUpdate) && isObject(statusUpdate.status)) {
    const { state, message } = statusUpdate.status as { state: TaskState; message: unknown };
    return (
      TASK_STATES.includes(state) && !isTerminal(state) && (message === undefined || wasMessage(message))
    );
  }
  return isObject(artifactUpdate) && wasArtifact(artifactUpdate.artifact);
}

function wasMessage(value: unknown): boolean {
  return isObject(value) && typeof value.messageId === 'string' && wasParts(value.parts);
}

function wasArtifact(value: unknown): boolean {
  return isObject(value) && typeof value.artifactId === 'string' && wasParts(value.parts);
}

function wasParts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}
