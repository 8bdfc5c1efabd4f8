import { isObject } from './is-object';
import type { JsonValue, Message, Part, Struct, Task, TaskState } from './types';

/**
 * What a task asks its client, when it may ask several things at once (docs/chains.md). The questions that are open
 * are in the task's metadata; while there are any, the task's state is an interrupted one, and what is said meanwhile
 * is progress beside it.
 */

/** Metadata field of a task and of a status update: the list of open questions, oldest first; empty when none is left. */
export const QUESTIONS_FIELD = 'a2a_questions';

/** Metadata field of a task that asks: what was said last beside its open questions, `{message, timestamp}`. */
export const PROGRESS_FIELD = 'a2a_progress';

/** Metadata field of a client's message: the ID of the question that it answers. */
export const ANSWERED_FIELD = 'a2a_question';

/** Who asks, for a task that asks in place of another. */
export interface Asker {
  /** Name of the step of a chain; in a `forEach` with `index`, from 0, and `of`. */
  step?: string;
  index?: number;
  of?: number;
  /** ID of the agent that was called, or URL of a remote agent. */
  agent?: string;
  /** ID of the called task, of an agent of this bridge. */
  taskId?: string;
  /** Who has asked that agent. */
  asker?: Asker;
}

/** One element of {@link QUESTIONS_FIELD}. */
export interface OpenQuestion extends Asker {
  /** Unique within the task, and the same when a reset has it asked again. */
  id: string;
  state: TaskState;
  /** What is asked. Left out when it is the only question: then the status message has it. */
  parts?: Part[];
}

/** The questions that metadata name. */
export function openQuestions(metadata: Struct | undefined): OpenQuestion[] {
  const listed = metadata?.[QUESTIONS_FIELD];
  return Array.isArray(listed) ? (listed.filter(isOpenQuestion) as unknown as OpenQuestion[]) : [];
}

function isOpenQuestion(value: JsonValue): boolean {
  return isObject(value) && typeof value.id === 'string';
}

/** The open questions that a task names, each with what is asked. */
export function askedBy({ metadata, status }: Task): (OpenQuestion & { parts: Part[] })[] {
  return openQuestions(metadata).map((question) => ({
    ...question,
    parts:
      question.parts ?? (status.message?.parts ?? []).filter((part) => !isAboutQuestion(part, question.id)),
  }));
}

/** The data part that says, behind what is asked, who asks. */
export function askerPart({ parts: _, state: __, id, ...asker }: OpenQuestion): Part {
  return { data: { question: id, event: 'asks', ...asker } as unknown as Struct };
}

function isAboutQuestion({ data }: Part, id: string): boolean {
  return isObject(data) && data.question === id && data.event === 'asks';
}

/** The question that a message says it answers. */
export function answeredQuestion({ metadata }: Message): string | undefined {
  const id = metadata?.[ANSWERED_FIELD];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** IDs of the tasks of this bridge that a question has come through. */
export function tasksAsking({ taskId, asker }: Asker): string[] {
  return [...(taskId === undefined ? [] : [taskId]), ...(asker === undefined ? [] : tasksAsking(asker))];
}

/** Metadata without what is said of open questions. */
export function withoutQuestions(metadata: Struct): Struct {
  if (!(QUESTIONS_FIELD in metadata || PROGRESS_FIELD in metadata)) return metadata;
  const { [QUESTIONS_FIELD]: _, [PROGRESS_FIELD]: __, ...rest } = metadata;
  return rest;
}
