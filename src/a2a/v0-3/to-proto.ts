import { isTerminal } from '../task-update';
import type {
  Artifact,
  Message,
  Part,
  SendMessageResponse,
  StreamResponse,
  Struct,
  Task,
  TaskPushNotificationConfig,
  TaskState,
  TaskStatus,
} from '../types';
import { type IsFinal, partToV03, pushConfigToV03 } from './to-v0-3';

/**
 * A2A 1.0 JSON as the ProtoJSON of `a2a.v1`, the proto file of 0.3: how the official SDKs of 0.3 write HTTP+JSON.
 * Readers may refuse fields that they do not know, so there are no others.
 */

/** A field of no value is left out, as ProtoJSON does. */
function present(fields: Record<string, unknown>): Struct {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== '' && value !== false && !isEmptyList(value),
    ),
  ) as Struct;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

export function taskToProto({ id, contextId, status, artifacts, history, metadata }: Task): Struct {
  return present({
    id,
    contextId,
    status: statusToProto(status),
    artifacts: artifacts?.map(artifactToProto),
    history: history?.map(messageToProto),
    metadata,
  });
}

function messageToProto(message: Message): Struct {
  const { messageId, contextId, taskId, role, parts, metadata, extensions } = message;
  return present({
    messageId,
    contextId,
    taskId,
    role,
    content: parts.map(partToProto),
    metadata,
    extensions,
  });
}

function artifactToProto({ parts, ...same }: Artifact): Struct {
  const { artifactId, name, description, metadata, extensions } = same;
  return present({ artifactId, name, description, parts: parts.map(partToProto), metadata, extensions });
}

function partToProto(part: Part): Struct {
  const told = partToV03(part);
  const { metadata } = told;
  if (told.kind === 'text') return { text: told.text, ...(metadata && { metadata }) };
  if (told.kind === 'data') return { data: { data: told.data }, ...(metadata && { metadata }) };
  const { bytes, uri = '', mimeType, name } = told.file;
  const content = bytes === undefined ? { fileWithUri: uri } : { fileWithBytes: bytes };
  return { file: { ...content, ...present({ mimeType, name }) }, ...(metadata && { metadata }) };
}

function statusToProto({ state, message, timestamp }: TaskStatus): Struct {
  return present({
    state: stateToProto(state),
    message: message && messageToProto(message),
    timestamp,
  });
}

/** The one name that 1.0 spells otherwise. */
function stateToProto(state: TaskState): string {
  return state === 'TASK_STATE_CANCELED' ? 'TASK_STATE_CANCELLED' : state;
}

/** A StreamResponse or SendMessageResponse. */
export function responseToProto(
  response: StreamResponse | SendMessageResponse,
  isFinal: IsFinal = isTerminal,
): Struct {
  const { task, message, statusUpdate, artifactUpdate } = response as StreamResponse;
  if (task !== undefined) return { task: taskToProto(task) };
  if (message !== undefined) return { message: messageToProto(message) };
  if (statusUpdate !== undefined) {
    const { taskId, contextId, status, metadata } = statusUpdate;
    const final = isFinal(status.state);
    return { statusUpdate: present({ taskId, contextId, status: statusToProto(status), final, metadata }) };
  }
  if (artifactUpdate === undefined) throw new TypeError('a response without content');
  const { artifact, ...more } = artifactUpdate;
  return { artifactUpdate: present({ ...more, artifact: artifactToProto(artifact) }) };
}

export function pushConfigToProto(config: TaskPushNotificationConfig): Struct {
  const { taskId, pushNotificationConfig } = pushConfigToV03(config);
  const name = `tasks/${taskId}/pushNotificationConfigs/${pushNotificationConfig.id ?? ''}`;
  return { name, pushNotificationConfig: pushNotificationConfig as unknown as Struct };
}
