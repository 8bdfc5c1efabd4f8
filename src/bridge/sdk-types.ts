import {
  type Artifact as SdkArtifact,
  Message as SdkMessage,
  type Part as SdkPart,
  type StreamResponse as SdkStreamResponse,
  Task as SdkTask,
  TaskArtifactUpdateEvent,
  TaskStatusUpdateEvent,
} from '@a2a-js/sdk';
import type { Artifact, Message, Part, StreamResponse, Task } from '../a2a/types';

/**
 * A2A JSON as the types of the official SDK. Its codecs do the work, save for one thing: they drop
 * `"data": null`, which is content like any other.
 */

export function toSdkTask(task: Task): SdkTask {
  const converted = SdkTask.fromJSON(task);
  restoreTask(task, converted);
  return converted;
}

export function toSdkMessage(message: Message): SdkMessage {
  const converted = SdkMessage.fromJSON(message);
  restoreParts(message, converted);
  return converted;
}

export function toSdkStreamResponse(response: StreamResponse): SdkStreamResponse {
  const { task, message, statusUpdate, artifactUpdate } = response;
  if (task !== undefined) return { payload: { $case: 'task', value: toSdkTask(task) } };
  if (message !== undefined) return { payload: { $case: 'message', value: toSdkMessage(message) } };
  if (statusUpdate !== undefined) {
    const value = TaskStatusUpdateEvent.fromJSON(statusUpdate);
    restoreParts(statusUpdate.status.message, value.status?.message);
    return { payload: { $case: 'statusUpdate', value } };
  }
  const value = TaskArtifactUpdateEvent.fromJSON(artifactUpdate);
  restoreParts(artifactUpdate?.artifact, value.artifact);
  return { payload: { $case: 'artifactUpdate', value } };
}

function restoreTask(task: Task, converted: SdkTask): void {
  restoreParts(task.status.message, converted.status?.message);
  for (const [index, message] of task.history?.entries() ?? []) {
    restoreParts(message, converted.history[index]);
  }
  for (const [index, artifact] of task.artifacts?.entries() ?? []) {
    restoreParts(artifact, converted.artifacts[index]);
  }
}

function restoreParts(
  from: Pick<Message | Artifact, 'parts'> | undefined,
  to: Pick<SdkMessage | SdkArtifact, 'parts'> | undefined,
): void {
  for (const [index, part] of from?.parts.entries() ?? []) restorePart(part, to?.parts[index]);
}

function restorePart(from: Part, to: SdkPart | undefined): void {
  if (from.data === null && to !== undefined) to.content = { $case: 'data', value: null };
}
