import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { TaskState } from '../a2a/types';
import { taskAttributes } from '../contract/task-attributes';

/** Keeps the search attributes of a task up to date, in workflows that the bridge started. */
export function upsertTaskState(state: TaskState, timestamp?: string): void {
  const updatedAt = new Date(timestamp ?? Number.NaN);
  upsert(state, Number.isNaN(updatedAt.getTime()) ? new Date() : updatedAt);
}

/**
 * The final state, in the last workflow task.
 * @param isTold whether visibility tells all that a list shows of the task, except for the message of a failure: then a
 * list need not read its history
 */
export function upsertFinalState(state: TaskState, isTold: boolean): void {
  upsert(state, isTold ? null : new Date());
}

function upsert(state: TaskState, updatedAt: Date | null): void {
  if (workflowInfo().typedSearchAttributes.get(taskAttributes.state) === undefined) return;
  upsertSearchAttributes([
    { key: taskAttributes.state, value: state },
    { key: taskAttributes.updatedAt, value: updatedAt },
  ]);
}
