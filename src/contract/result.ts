import { isObject } from '../a2a/is-object';
import { isArtifact, isMessage, isTerminal, TASK_STATES, type TaskUpdate } from '../a2a/task-update';
import type { Artifact, JsonValue, Message, Task, TaskState } from '../a2a/types';

/** ID and name of the artifact that holds the result of a workflow that returns plain JSON. */
const RESULT_ARTIFACT = 'result';

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

/**
 * The updates that end a task with its workflow's result: a Task, a Message, or any JSON.
 * @param timestamp when the workflow completed, ISO 8601
 */
export function resultUpdates(result: unknown, timestamp: string): TaskUpdate[] {
  if (isTaskResult(result)) {
    const { artifacts = [], metadata } = result;
    const status = { ...result.status, timestamp };
    return [...artifacts.map(wholeArtifact), { statusUpdate: { status, ...(metadata && { metadata }) } }];
  }
  const state = 'TASK_STATE_COMPLETED';
  if (isMessageResult(result)) return [{ statusUpdate: { status: { state, message: result, timestamp } } }];
  const artifact = resultArtifact(result);
  return [...(artifact ? [wholeArtifact(artifact)] : []), { statusUpdate: { status: { state, timestamp } } }];
}

function wholeArtifact(artifact: Artifact): TaskUpdate {
  return { artifactUpdate: { artifact, lastChunk: true } };
}

/** The artifact `result` of any other result; undefined when the workflow returned nothing. */
function resultArtifact(result: unknown): Artifact | undefined {
  if (result === undefined || result === null) return undefined;
  const part = typeof result === 'string' ? { text: result } : { data: result as JsonValue };
  return { artifactId: RESULT_ARTIFACT, name: RESULT_ARTIFACT, parts: [part] };
}
