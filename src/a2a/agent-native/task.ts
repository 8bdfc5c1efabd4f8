import { applyUpdate, isTerminal } from '../task-update';
import type { Part, StreamResponse, Task } from '../types';
import { taskToV03 } from '../v0-3/to-v0-3';
import type { MessageV03, PartV03, TaskV03 } from '../v0-3/types';

/*
 * Tasks as clients of agent-native read them: the shape of 0.3, with parts that have a `type` as well, and with the
 * answer in the message of the status. Our agents, as most, give it in artifacts.
 */

/** A part as A2A 0.3 and agent-native's clients both read it. */
type TypedPart = PartV03 & { type: PartV03['kind'] };

/** Longest text that a message about work under way shows, its end; agent-native's client takes no longer answers. */
const MAX_PROGRESS_CHARS = 32_768;

export function taskForAgentNative(task: TaskV03): TaskV03 {
  const { status, history, artifacts, ...rest } = task;
  const message = status.message ?? (status.state === 'completed' ? resultOf(task) : undefined);
  return {
    ...rest,
    status: { ...status, ...(message !== undefined && { message: typed(message) }) },
    ...(history !== undefined && { history: history.map(typed) }),
    ...(artifacts !== undefined && { artifacts: artifacts.map(typed) }),
  };
}

/**
 * The events of a stream, each as the task that it leads to. What comes in artifacts is text of the status; only what
 * ends the task has all that it consists of, so that an event takes the same time however much the task holds.
 */
export class TaskUpdates {
  private task: Task | undefined;
  /** The end of each artifact's text, by its ID. */
  private readonly texts = new Map<string, string>();

  /** Undefined for what says nothing of the task. */
  next(response: StreamResponse): TaskV03 | undefined {
    this.task = fold(this.task, response);
    this.noteTexts(response);
    if (this.task === undefined) return undefined;
    if (isTerminal(this.task.status.state)) return taskForAgentNative(taskToV03(this.task));
    return taskForAgentNative(this.progress(this.task));
  }

  private noteTexts({ task, artifactUpdate }: StreamResponse): void {
    if (task !== undefined) {
      this.texts.clear();
      for (const { artifactId, parts } of task.artifacts ?? []) this.texts.set(artifactId, endOf(parts));
    }
    if (artifactUpdate === undefined) return;
    const { artifact, append } = artifactUpdate;
    const before = append === true ? (this.texts.get(artifact.artifactId) ?? '') : '';
    this.texts.set(artifact.artifactId, endOf([{ text: before }, ...artifact.parts]));
  }

  /** Without what it consists of, but with the text so far. */
  private progress({ id, contextId, status, metadata }: Task): TaskV03 {
    const task = taskToV03({ id, contextId, status, ...(metadata !== undefined && { metadata }) });
    if (status.message !== undefined) return task;
    const text = endOf([...this.texts.values()].map((each) => ({ text: each })));
    if (text === '') return task;
    return { ...task, status: { ...task.status, message: agentMessage(task, [{ kind: 'text', text }]) } };
  }
}

/** The end of the text of these parts, as much as is shown. */
function endOf(parts: readonly Part[]): string {
  let text = '';
  for (const part of parts.toReversed()) {
    text = `${part.text ?? ''}${text}`;
    if (text.length >= MAX_PROGRESS_CHARS) break;
  }
  return text.slice(-MAX_PROGRESS_CHARS);
}

function fold(before: Task | undefined, { task, message, ...update }: StreamResponse): Task | undefined {
  if (task !== undefined) return task;
  if (message !== undefined) {
    const { taskId = '', contextId = '' } = message;
    return { id: taskId, contextId, status: { state: 'TASK_STATE_COMPLETED', message } };
  }
  const { statusUpdate, artifactUpdate } = update;
  if (statusUpdate !== undefined) {
    const { taskId, contextId, status } = statusUpdate;
    return applyUpdate(before ?? { id: taskId, contextId, status }, { statusUpdate });
  }
  if (artifactUpdate === undefined) return before;
  const { taskId, contextId } = artifactUpdate;
  const status = { state: 'TASK_STATE_WORKING' } as const;
  return applyUpdate(before ?? { id: taskId, contextId, status }, { artifactUpdate });
}

/** What the agent has made as one message, the text first. */
function resultOf(task: TaskV03): MessageV03 | undefined {
  const parts = (task.artifacts ?? []).flatMap((artifact) => artifact.parts);
  if (parts.length === 0) return undefined;
  const others = parts.filter((part) => part.kind !== 'text');
  const data = others.flatMap((part) => (part.kind === 'data' ? [JSON.stringify(part.data)] : []));
  const text = textOf(parts) || data.join('\n');
  return agentMessage(task, text === '' ? parts : [{ kind: 'text', text }, ...others]);
}

/** No message of the task's own: its ID says that it stands for the result. */
function agentMessage({ id, contextId }: TaskV03, parts: PartV03[]): MessageV03 {
  return { kind: 'message', messageId: `${id}-answer`, taskId: id, contextId, role: 'agent', parts };
}

function textOf(parts: readonly PartV03[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

function typed<Holder extends { parts: PartV03[] }>(holder: Holder): Holder {
  return { ...holder, parts: holder.parts.map((part): TypedPart => ({ type: part.kind, ...part })) };
}
