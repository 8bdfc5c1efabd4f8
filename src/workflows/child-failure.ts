import { isCancellation, uuid4 } from '@temporalio/workflow';
import type { TaskUpdate } from '../a2a/task-update';
import type { Message, TaskState } from '../a2a/types';
import { REJECTED_FAILURE } from '../contract/contract';
import { wordsOfKinds } from '../contract/failure';
import { kindOf, readError } from './readings';

/** Ended by Temporal or an operator, of which the caller is not told why. */
export function isForeign({ cause }: Error): boolean {
  const end = cause instanceof Error ? kindOf(cause).end : undefined;
  return end === 'timed out' || end === 'was terminated';
}

/**
 * The end of a task whose workflow has failed, or was ended.
 * @param error of the child workflow, whose own failure is its cause
 * @param told as GetTask of the task tells, when that is known
 */
export function childFailure(error: Error, told?: { state?: TaskState; text: string }): TaskUpdate {
  const own = error.cause instanceof Error ? error.cause : error;
  const { message, type } = readError(own);
  const kind = kindOf(own);
  const state: TaskState = isCancellation(error)
    ? 'TASK_STATE_CANCELED'
    : type === REJECTED_FAILURE
      ? 'TASK_STATE_REJECTED'
      : 'TASK_STATE_FAILED';
  const text = told?.text ?? (kind.end === undefined ? message : wordsOfKinds([kind]));
  const said: Message = { messageId: uuid4(), role: 'ROLE_AGENT', parts: [{ text }] };
  return {
    statusUpdate: {
      status: { state: told?.state ?? state, message: said, timestamp: new Date().toISOString() },
    },
  };
}
