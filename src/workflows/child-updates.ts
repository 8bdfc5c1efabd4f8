import { isObject } from '../a2a/is-object';
import { PROGRESS_FIELD, withoutQuestions } from '../a2a/open-questions';
import type { TaskUpdate } from '../a2a/task-update';

/** What a child's open questions are is not for the caller's task, which asks them itself. */
export function withoutOwnQuestions(update: TaskUpdate): TaskUpdate {
  if (!('statusUpdate' in update) || update.statusUpdate.metadata === undefined) return update;
  const { status, metadata: given } = update.statusUpdate;
  const metadata = withoutQuestions(given);
  return { statusUpdate: { status, ...(Object.keys(metadata).length > 0 && { metadata }) } };
}

/** Of an update that was read from the child's history, where progress beside a question is written so. */
export function progressIn({
  statusUpdate,
}: Extract<TaskUpdate, { statusUpdate: unknown }>): TaskUpdate | undefined {
  const { [PROGRESS_FIELD]: said, ...metadata } = statusUpdate.metadata ?? {};
  if (!isObject(said)) return undefined;
  const status = { ...said, state: 'TASK_STATE_WORKING' as const };
  return { statusUpdate: { status, metadata } };
}
