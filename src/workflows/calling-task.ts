import type { Asker } from '../a2a/open-questions';
import type { Content } from '../a2a/parts';
import type { TaskUpdate } from '../a2a/task-update';
import type { Message, Struct, Task } from '../a2a/types';

/** How `ask()` of a task asks its client. */
export interface AskOptions {
  /** `TASK_STATE_AUTH_REQUIRED` asks for credentials instead of an answer (specification section 7.6). */
  state?: 'TASK_STATE_INPUT_REQUIRED' | 'TASK_STATE_AUTH_REQUIRED';
  metadata?: Struct;
  /** Who asks, when it is not the task itself. */
  asker?: Asker;
  /** What tells the questions of a task apart beside their order: its ID is made of both. No codec encodes it. */
  key?: string;
  /** Which of the questions with that key it is, so that its ID tells no other; unless set, the next one. */
  number?: string;
}

/** The task for which a workflow calls agents. */
export interface CallingTask {
  readonly id: string;
  readonly contextId: string;
  /** How many calls from one agent of this bridge to the next have led to it. */
  readonly callDepth: number;
  /** Whether what is written goes through a codec, when that is known. */
  readonly encodesPayloads?: boolean;
  /** As its search attribute holds it; that of this workflow when left out. */
  readonly owner?: string;
  /** It is the first task of its context. */
  readonly startsContext?: boolean;
  /** Whether its calls go on in the contexts of earlier ones unless they say otherwise; true when left out. */
  readonly keepContext?: boolean;
  /** The Task as far as this workflow knows it; it has at least the artifacts that called tasks have given it. */
  readonly task: Pick<Task, 'artifacts'>;
  /** Shows an update of a called task. */
  relay(update: TaskUpdate): void;
  /** Asks the client and gives its answer; a task without it has no client that could be asked from here. */
  ask?(question: Content, options: AskOptions): Promise<Message>;
}

/** Each workflow has modules, and so variables, of its own. */
let current: CallingTask | undefined;

/** Undefined in a workflow that is no task and calls for none. */
export function callingTask(): CallingTask | undefined {
  return current;
}

/** What this workflow calls from now on, it calls for this task. */
export function setCallingTask(task: CallingTask): void {
  current = task;
}
