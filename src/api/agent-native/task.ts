import type { Message, Part, Task, TaskStatus } from '../../a2a/types';
import { messageToV03, taskToV03 } from '../../a2a/v0-3/to-v0-3';
import type { PartV03, TaskV03 } from '../../a2a/v0-3/types';

/** A part as A2A 0.3 and agent-native's clients both read it. */
export type TypedPart = PartV03 & { type: PartV03['kind'] };

/** Longest text that a message about work under way shows, its end; agent-native's client takes no longer answers. */
const MAX_PROGRESS_CHARS = 32_768;

/**
 * A task as clients of agent-native read it, in the shape of 0.3: parts have a `type` as well, and the message of the
 * status holds the answer, which our agents give in artifacts.
 */
export function taskForAgentNative(task: Task): TaskV03 {
  const { status, history, artifacts, ...told } = taskToV03(task);
  const message = answerOf(task);
  return {
    ...told,
    status: { ...status, ...(message !== undefined && { message: typed(messageToV03(message)) }) },
    ...(history !== undefined && { history: history.map(typed) }),
    ...(artifacts !== undefined && { artifacts: artifacts.map(typed) }),
  };
}

/** A change of a task in the same shape, without what it consists of but with the text so far. */
export function progressForAgentNative(task: Task): TaskV03 {
  const { id, contextId, status, metadata } = task;
  const text = textOf(task.artifacts?.flatMap(({ parts }) => parts) ?? []).slice(-MAX_PROGRESS_CHARS);
  const said: TaskStatus =
    status.message === undefined && text !== ''
      ? { ...status, message: agentMessage(task, [{ text }]) }
      : status;
  return taskForAgentNative({ id, contextId, status: said, ...(metadata !== undefined && { metadata }) });
}

/** The agent's own words, or what it made, the text first. */
function answerOf(task: Task): Message | undefined {
  const { status, artifacts = [] } = task;
  if (status.message !== undefined || status.state !== 'TASK_STATE_COMPLETED') return status.message;
  const parts = artifacts.flatMap((artifact) => artifact.parts);
  if (parts.length === 0) return undefined;
  const others = parts.filter((part) => part.text === undefined);
  const text =
    textOf(parts) || others.map(({ data }) => (data === undefined ? '' : JSON.stringify(data))).join('\n');
  return agentMessage(task, text === '' ? parts : [{ text }, ...others]);
}

/** The answer is no message of the task's own, so its ID says that it stands for the result. */
function agentMessage({ id, contextId }: Task, parts: Part[]): Message {
  return { messageId: `${id}-answer`, taskId: id, contextId, role: 'ROLE_AGENT', parts };
}

function textOf(parts: readonly Part[]): string {
  return parts.map(({ text = '' }) => text).join('');
}

function typed<Holder extends { parts: PartV03[] }>(holder: Holder): Holder {
  return { ...holder, parts: holder.parts.map((part): TypedPart => ({ type: part.kind, ...part })) };
}
