import { isObject } from '../a2a/is-object';
import { PROGRESS_FIELD, withoutQuestions } from '../a2a/open-questions';
import { sameJson } from '../a2a/same-json';
import type { TaskUpdate } from '../a2a/task-update';
import type { Artifact, Task } from '../a2a/types';
import type { Relay } from '../contract/agent-call';
import { artifactIdOf } from './artifact-names';

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

/** As a reset of the child has made it: see `ChildUpdates.readFrom`. */
export function isWholeTask(update: unknown): update is { task: Task } {
  return isObject(update) && isObject(update.task) && isObject(update.task.status);
}

/** Its artifacts have IDs of their own in the caller's task. */
export function withOwnArtifact(
  update: Extract<TaskUpdate, { artifactUpdate: unknown }>,
  childId: string,
): TaskUpdate {
  const { artifact } = update.artifactUpdate;
  const artifactId = artifactIdOf(childId, artifact.artifactId);
  return { artifactUpdate: { ...update.artifactUpdate, artifact: { ...artifact, artifactId } } };
}

/** The end of a task repeats the artifacts that it has told of. */
export function isKnownArtifact(artifact: Artifact, told: readonly Artifact[]): boolean {
  const known = told.find(({ artifactId }) => artifactId === artifact.artifactId);
  return known !== undefined && sameJson(known, artifact);
}

/** Whether the caller's task shows an update of its child. */
export function shows(relay: Relay, update: TaskUpdate): boolean {
  if (relay === 'none') return false;
  if ('artifactUpdate' in update) return relay === 'all';
  return 'statusUpdate' in update && update.statusUpdate.status.message !== undefined;
}
