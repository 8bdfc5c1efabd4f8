import { isObject } from '../is-object';
import { isTerminal } from '../task-update';
import type {
  Artifact,
  JsonValue,
  ListTasksResponse,
  Message,
  Part,
  SendMessageResponse,
  StreamResponse,
  Struct,
  Task,
  TaskArtifactUpdateEvent,
  TaskPushNotificationConfig,
  TaskState,
  TaskStatus,
  TaskStatusUpdateEvent,
} from '../types';
import type {
  ArtifactUpdateV03,
  ArtifactV03,
  EventV03,
  FileV03,
  MessageV03,
  PartV03,
  StatusUpdateV03,
  TaskPushConfigV03,
  TaskStateV03,
  TaskStatusV03,
  TaskV03,
} from './types';

/** A2A 1.0 JSON as A2A 0.3 JSON: what is answered, streamed and pushed. */

export const STATES: Readonly<Record<TaskState, TaskStateV03>> = {
  TASK_STATE_SUBMITTED: 'submitted',
  TASK_STATE_WORKING: 'working',
  TASK_STATE_COMPLETED: 'completed',
  TASK_STATE_FAILED: 'failed',
  TASK_STATE_CANCELED: 'canceled',
  TASK_STATE_INPUT_REQUIRED: 'input-required',
  TASK_STATE_REJECTED: 'rejected',
  TASK_STATE_AUTH_REQUIRED: 'auth-required',
};

/** In the metadata of a data part: its data is `{value}` around a value that is no object, which 0.3 has no place for. */
export const WRAPPED_DATA = 'data_part_compat';

export function taskToV03(task: Task): TaskV03 {
  return {
    kind: 'task',
    id: task.id,
    contextId: task.contextId,
    status: statusToV03(task.status),
    ...(task.history?.length && { history: task.history.map(messageToV03) }),
    ...(task.artifacts?.length && { artifacts: task.artifacts.map(artifactToV03) }),
    ...metadataOf(task),
  };
}

export function taskListToV03({ tasks, ...page }: ListTasksResponse): object {
  return { tasks: tasks.map(taskToV03), ...page };
}

function messageToV03(message: Message): MessageV03 {
  const { messageId, contextId, taskId, role, parts, extensions, referenceTaskIds } = message;
  return {
    kind: 'message',
    messageId,
    role: role === 'ROLE_USER' ? 'user' : 'agent',
    parts: parts.map(partToV03),
    ...(contextId !== undefined && { contextId }),
    ...(taskId !== undefined && { taskId }),
    ...metadataOf(message),
    ...(extensions?.length && { extensions }),
    ...(referenceTaskIds?.length && { referenceTaskIds }),
  };
}

function artifactToV03(artifact: Artifact): ArtifactV03 {
  const { artifactId, name, description, parts, extensions } = artifact;
  return {
    artifactId,
    parts: parts.map(partToV03),
    ...(name && { name }),
    ...(description && { description }),
    ...metadataOf(artifact),
    ...(extensions?.length && { extensions }),
  };
}

/** 0.3 has neither a media type nor a file name for text and data, so those are left out. */
export function partToV03(part: Part): PartV03 {
  const { text, raw, url, data = null } = part;
  const metadata = metadataOf(part);
  if (text !== undefined) return { kind: 'text', text, ...metadata };
  if (raw !== undefined) return { kind: 'file', file: fileToV03(part, { bytes: raw }), ...metadata };
  if (url !== undefined) return { kind: 'file', file: fileToV03(part, { uri: url }), ...metadata };
  if (isStruct(data)) return { kind: 'data', data, ...metadata };
  return { kind: 'data', data: { value: data }, metadata: { ...part.metadata, [WRAPPED_DATA]: true } };
}

function fileToV03({ filename, mediaType }: Part, content: FileV03): FileV03 {
  return { ...content, ...(mediaType && { mimeType: mediaType }), ...(filename && { name: filename }) };
}

export function statusToV03({ state, message, timestamp }: TaskStatus): TaskStatusV03 {
  return {
    state: STATES[state] ?? 'unknown',
    ...(message !== undefined && { message: messageToV03(message) }),
    ...(timestamp !== undefined && { timestamp }),
  };
}

function statusUpdateToV03(event: TaskStatusUpdateEvent, isFinal: IsFinal): StatusUpdateV03 {
  const { taskId, contextId, status } = event;
  return {
    kind: 'status-update',
    taskId,
    contextId,
    status: statusToV03(status),
    final: isFinal(status.state),
    ...metadataOf(event),
  };
}

function artifactUpdateToV03(event: TaskArtifactUpdateEvent): ArtifactUpdateV03 {
  const { taskId, contextId, artifact, append, lastChunk } = event;
  return {
    kind: 'artifact-update',
    taskId,
    contextId,
    artifact: artifactToV03(artifact),
    ...(append !== undefined && { append }),
    ...(lastChunk !== undefined && { lastChunk }),
    ...metadataOf(event),
  };
}

/** Whether a status update with this state is the last event of its stream. */
export type IsFinal = (state: TaskState) => boolean;

/** The stream of a send ends when the agent asks, too: the answer to that is another send. */
export const endsSend: IsFinal = (state) => isTerminal(state) || state === 'TASK_STATE_INPUT_REQUIRED';

/** The one member of a stream's event or of a send's answer. */
export function eventToV03(
  response: StreamResponse | SendMessageResponse,
  isFinal: IsFinal = isTerminal,
): EventV03 {
  const { task, message, statusUpdate, artifactUpdate } = response as StreamResponse;
  if (task !== undefined) return taskToV03(task);
  if (message !== undefined) return messageToV03(message);
  if (statusUpdate !== undefined) return statusUpdateToV03(statusUpdate, isFinal);
  if (artifactUpdate !== undefined) return artifactUpdateToV03(artifactUpdate);
  throw new TypeError('a response without content');
}

export function pushConfigToV03(config: TaskPushNotificationConfig): TaskPushConfigV03 {
  const { taskId = '', id, url, token, authentication } = config;
  return {
    taskId,
    pushNotificationConfig: {
      url,
      ...(id && { id }),
      ...(token && { token }),
      ...(authentication !== undefined && {
        authentication: {
          schemes: [authentication.scheme],
          ...(authentication.credentials && { credentials: authentication.credentials }),
        },
      }),
    },
  };
}

function metadataOf({ metadata }: { metadata?: Struct }): { metadata?: Struct } {
  return metadata === undefined ? {} : { metadata };
}

function isStruct(value: JsonValue): value is Struct {
  return isObject(value);
}
