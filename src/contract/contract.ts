import type { JsonValue, Message, Struct, Task } from '../a2a/types';

/**
 * The names and shapes that cross between a workflow and the bridge, in any language (docs/contract.md).
 * Everything is A2A JSON.
 */

/** Signal with one Message: a further message of the client for this task. */
export const MESSAGE_SIGNAL = 'a2a_message';

/** Signal with a list of TaskUpdates (from an activity), and memo field with one TaskUpdate (from workflow code). */
export const UPDATE_NAME = 'a2a_update';

/** Query that answers with the Task. */
export const TASK_QUERY = 'a2a_task';

/** `type` of the ApplicationFailure that ends a task as TASK_STATE_REJECTED. */
export const REJECTED_FAILURE = 'A2A_REJECTED';

/** Search attributes of a task's workflow, with their Temporal types. */
export const SEARCH_ATTRIBUTES = {
  A2aAgent: 'KEYWORD',
  A2aContext: 'KEYWORD',
  A2aOwner: 'KEYWORD',
  A2aState: 'KEYWORD',
  A2aUpdatedAt: 'DATETIME',
} as const;

/** Memo field of the bridge's own: how the client that made the task writes A2A, where a version has two ways. */
export const DIALECT_MEMO = 'a2a_dialect';

/**
 * Header field of the start of a plain workflow: the TaskStart, which its own argument
 * does not carry.
 */
export const START_HEADER = 'a2a_start';

/** Header field of an `a2a_update` signal: where it belongs in what one activity reports. */
export const SOURCE_HEADER = 'a2a_source';

/** Header field of an `a2a_message` signal: IDs of the questions that were open when the bridge took the message. */
export const QUESTIONS_HEADER = 'a2a_questions';

/** Argument 0 of a workflow that is an agent. */
export interface TaskStart {
  /** The new task's IDs; after continue-as-new, the whole Task so far. */
  task: { id: string; contextId: string } | Task;
  /** ID of the agent whose task it is, as in agents.yaml. */
  agentId: string;
  /** The message that made the task. */
  message: Message;
  /** Metadata of the SendMessageRequest. */
  metadata?: Struct;
  /** What the client accepts, when it said so (SendMessageConfiguration.acceptedOutputModes). */
  acceptedOutputModes?: string[];
  /** Messages that came before a continue-as-new and that the workflow has not read yet. */
  unread?: Message[];
  /** What a built-in workflow is to do, from agents.yaml; a running task keeps what it was started with. */
  definition?: JsonValue;
  /** Tell the parent workflow every update, by signal `a2a_child`. */
  tellsParent?: boolean;
  /** How many signals earlier runs of the task have sent to it. */
  told?: number;
  /** How many calls from one agent of this bridge to the next have led to this task; 0 when left out. */
  callDepth?: number;
  /** Payloads are encoded by a codec, and so must be the TaskStarts in header fields of plain child workflows. */
  encodesPayloads?: boolean;
  /** False when calls of remote agents are to begin contexts of their own; see CallOptions.keepContext. */
  keepContext?: boolean;
}

/** Header field of an activity of a task: the ID of the run that has scheduled it. A reset gives the activity another. */
export const SCHEDULED_BY_HEADER = 'a2a_scheduled_by';

/** Type of the failure of an activity's attempt whose worker was taken for dead; the next attempt begins at once. */
export const WORKER_LOST_FAILURE = 'A2A_WORKER_LOST';
