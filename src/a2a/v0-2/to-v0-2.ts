import type { Artifact, Message, Part, Struct, Task, TaskPushNotificationConfig, TaskStatus } from '../types';
import { partToV03, pushConfigToV03, statusToV03 } from '../v0-3/to-v0-3';
import type {
  ArtifactV02,
  MessageV02,
  PartV02,
  TaskPushConfigV02,
  TaskStateV02,
  TaskStatusV02,
  TaskV02,
} from './types';

/** A2A 1.0 JSON as A2A 0.2 JSON. Every function that needs it gets the ID that the client has chosen. */

/**
 * @param historyLength messages at most, the latest; none unless set
 */
export function taskToV02(task: Task, clientTaskId: string, historyLength = 0): TaskV02 {
  const history = historyLength > 0 ? (task.history ?? []).slice(-historyLength) : [];
  return {
    id: clientTaskId,
    sessionId: task.contextId,
    status: statusToV02(task.status),
    ...(task.artifacts?.length && {
      artifacts: task.artifacts.map((artifact, index) => artifactToV02(artifact, index)),
    }),
    ...(history.length > 0 && { history: history.map(messageToV02) }),
    ...metadataOf(task),
  };
}

/** A task of 0.2 cannot be rejected, only fail, and a need for credentials is one for input. */
export function statusToV02(status: TaskStatus): TaskStatusV02 {
  const { state } = statusToV03(status);
  const { message, timestamp } = status;
  const spelt: Partial<Record<string, TaskStateV02>> = {
    rejected: 'failed',
    'auth-required': 'input-required',
  };
  return {
    state: spelt[state] ?? (state as TaskStateV02),
    ...(message !== undefined && { message: messageToV02(message) }),
    ...(timestamp !== undefined && { timestamp }),
  };
}

export function messageToV02(message: Message): MessageV02 {
  return {
    role: message.role === 'ROLE_USER' ? 'user' : 'agent',
    parts: message.parts.map(partToV02),
    ...metadataOf(message),
  };
}

function partToV02(part: Part): PartV02 {
  const { kind, ...content } = partToV03(part);
  return { type: kind, ...content } as PartV02;
}

export function artifactToV02(artifact: Artifact, index: number): ArtifactV02 {
  const { name, description, parts } = artifact;
  return {
    parts: parts.map(partToV02),
    index,
    ...(name && { name }),
    ...(description && { description }),
    ...metadataOf(artifact),
  };
}

export function pushConfigToV02(config: TaskPushNotificationConfig, clientTaskId: string): TaskPushConfigV02 {
  const { id: _, ...pushNotificationConfig } = pushConfigToV03(config).pushNotificationConfig;
  return { id: clientTaskId, pushNotificationConfig };
}

function metadataOf({ metadata }: { metadata?: Struct }): { metadata?: Struct } {
  return metadata === undefined ? {} : { metadata };
}
