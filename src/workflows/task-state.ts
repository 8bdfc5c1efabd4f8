import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { TaskState } from '../a2a/types';
import { taskAttributes } from '../contract/task-attributes';

/** Keeps the search attributes of a task up to date, in workflows that the bridge started. */
export function upsertTaskState(state: TaskState, timestamp?: string): void {
  const attributes = workflowInfo().typedSearchAttributes;
  if (attributes.get(taskAttributes.state) === undefined) return;
  const updatedAt = new Date(timestamp ?? Number.NaN);
  upsertSearchAttributes([
    { key: taskAttributes.state, value: state },
    { key: taskAttributes.updatedAt, value: Number.isNaN(updatedAt.getTime()) ? new Date() : updatedAt },
  ]);
}
