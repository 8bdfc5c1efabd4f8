import { isArtifact, isMessage, isObject, isTerminal, TASK_STATES } from './task-update';
import type { Artifact, JsonValue, Message, Task, TaskState } from './types';

/** ID and name of the artifact that holds the result of a workflow that returns plain JSON. */
export const RESULT_ARTIFACT = 'result';

/** Whether a workflow's result is a Task: then its terminal status ends the task, and its artifacts are added. */
export function isTaskResult(result: unknown): result is Task {
  if (!isObject(result) || typeof result.id !== 'string' || !isObject(result.status)) return false;
  const state = result.status.state as TaskState;
  if (!TASK_STATES.includes(state) || !isTerminal(state)) return false;
  return (
    result.artifacts === undefined || (Array.isArray(result.artifacts) && result.artifacts.every(isArtifact))
  );
}

/** Whether a workflow's result is a Message: the agent answers with it instead of a Task. */
export function isMessageResult(result: unknown): result is Message {
  return isMessage(result) && isObject(result) && result.role === 'ROLE_AGENT';
}

/** The artifact `result` of any other result; undefined when the workflow returned nothing. */
export function resultArtifact(result: unknown): Artifact | undefined {
  if (result === undefined || result === null) return undefined;
  const part = typeof result === 'string' ? { text: result } : { data: result as JsonValue };
  return { artifactId: RESULT_ARTIFACT, name: RESULT_ARTIFACT, parts: [part] };
}
