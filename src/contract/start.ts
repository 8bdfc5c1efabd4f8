import { fieldOf, type OnLeftOut, readMessage, readTask } from '../a2a/agent-json';
import { isObject } from '../a2a/is-object';
import { isTerminal } from '../a2a/task-update';
import type { JsonValue, Message, Struct, Task } from '../a2a/types';
import type { TaskStart } from './contract';

/**
 * The TaskStart in argument 0 of a workflow, or in what another one passes on as it continues as new; null is absent.
 * Undefined when it is none: it needs the task's IDs and a message.
 */
export function toTaskStart(value: unknown, onLeftOut?: OnLeftOut): TaskStart | undefined {
  const given = fieldOf(value, 'task');
  const task = carriedTask(given, onLeftOut) ?? idsOf(given);
  const message = readMessage(fieldOf(value, 'message'), 'message', onLeftOut);
  if (!isObject(value) || task === undefined || message === undefined) return undefined;
  const { metadata, acceptedOutputModes, unread, definition, tellsParent, callDepth, ...more } = value;
  return {
    task,
    agentId: typeof value.agentId === 'string' ? value.agentId : '',
    message,
    ...(isObject(metadata) && { metadata: metadata as Struct }),
    ...(Array.isArray(acceptedOutputModes) && { acceptedOutputModes: acceptedOutputModes.filter(isText) }),
    ...(Array.isArray(unread) && { unread: unread.flatMap((each) => readUnread(each, onLeftOut)) }),
    ...(definition !== undefined && definition !== null && { definition: definition as JsonValue }),
    ...(tellsParent === true && { tellsParent }),
    ...(typeof callDepth === 'number' && { callDepth }),
    ...(typeof more.told === 'number' && { told: more.told }),
    ...(more.encodesPayloads === true && { encodesPayloads: true }),
    ...(more.keepContext === false && { keepContext: false }),
  };
}

/** The Task so far, of a workflow that has continued as new. */
function carriedTask(value: unknown, onLeftOut: OnLeftOut | undefined): Task | undefined {
  const task = fieldOf(value, 'status') === undefined ? undefined : readTask(value, 'task', onLeftOut);
  if (task === undefined || !isTerminal(task.status.state)) return task;
  onLeftOut?.('task.status.state', `is ${task.status.state}: only the end of the workflow ends a task`);
  return { ...task, status: { ...task.status, state: 'TASK_STATE_WORKING' } };
}

function idsOf(task: unknown): { id: string; contextId: string } | undefined {
  const id = fieldOf(task, 'id');
  const contextId = fieldOf(task, 'contextId');
  return isText(id) && isText(contextId) ? { id, contextId } : undefined;
}

function readUnread(value: unknown, onLeftOut: OnLeftOut | undefined): Message[] {
  const message = readMessage(value, 'unread', onLeftOut);
  return message === undefined ? [] : [message];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
