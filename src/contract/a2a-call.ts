import type { Task } from '../a2a/types';
import type { RemoteAgent } from './agent-call';

/**
 * What crosses between a workflow in any language and the workflow type `a2aCall`, which calls an agent for it
 * (docs/calling-agents.md).
 */

/** `type` of the ApplicationFailure of a call whose input, or answer to a question, is wrong. */
export const INVALID_CALL = 'A2A_INVALID_CALL';

/** Signal to the caller with one {@link CallQuestion}, and query of the call that gives the Task or null. */
export const QUESTION_NAME = 'a2a_question';

/** The called task has stopped for its client. */
export interface CallQuestion {
  /** ID of the workflow that takes the answer, as signal `a2a_message`. */
  callId: string;
  /** Agent ID, or URL of a remote agent. */
  agent: string;
  /** Its `status.message` is the question. */
  task: Task;
}

/** The caller of a call, when it is a task of this bridge. */
export interface Caller {
  id: string;
  contextId: string;
  /** As its search attribute holds it. */
  owner: string;
  callDepth: number;
  /** It is plain, so it takes no updates. */
  plain: boolean;
}

/** ID of an agent of this bridge, or a remote agent. */
export type CallTarget = string | RemoteAgent;
