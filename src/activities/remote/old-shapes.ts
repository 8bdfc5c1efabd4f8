import { createHash } from 'node:crypto';
import { isObject, TASK_STATES } from '../../a2a/task-update';
import type { JsonValue, Message, Part, TaskState } from '../../a2a/types';

/**
 * The data model of `tasks/send`, to and from A2A 1.0 JSON. What comes back is still to be checked: things of
 * the wrong type are passed on as they are.
 */

/** A part as it was then: `type`, and files in an object of their own. */
function toOldPart(part: Part): object {
  const metadata = part.metadata === undefined ? {} : { metadata: part.metadata };
  if (part.text !== undefined) return { type: 'text', text: part.text, ...metadata };
  if (part.data !== undefined) {
    // Only objects were allowed.
    return { type: 'data', data: isObject(part.data) ? part.data : { value: part.data }, ...metadata };
  }
  const content = part.raw === undefined ? { uri: part.url } : { bytes: part.raw };
  const file = {
    ...(part.filename !== undefined && { name: part.filename }),
    ...(part.mediaType !== undefined && { mimeType: part.mediaType }),
    ...content,
  };
  return { type: 'file', file, ...metadata };
}

export function toOldMessage({ role, parts, metadata }: Message): object {
  return {
    role: role === 'ROLE_USER' ? 'user' : 'agent',
    parts: parts.map(toOldPart),
    ...(metadata !== undefined && { metadata }),
  };
}

function fromOldPart(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { metadata } = value;
  const kind = value.type ?? value.kind;
  if (kind === 'text') return { text: value.text, metadata };
  if (kind === 'data') return { data: value.data as JsonValue, metadata };
  if (kind !== 'file' || !isObject(value.file)) return value;
  const { name, mimeType, bytes, uri } = value.file;
  const content = bytes === undefined || bytes === null ? { url: uri } : { raw: bytes };
  return { ...content, filename: name, mediaType: mimeType, metadata };
}

function fromOldParts(parts: unknown): unknown {
  return Array.isArray(parts) ? parts.map((part) => withoutUndefined(fromOldPart(part))) : parts;
}

function fromOldMessage(value: unknown): unknown {
  if (!isObject(value)) return value;
  const role = value.role === 'user' ? 'ROLE_USER' : value.role === 'agent' ? 'ROLE_AGENT' : value.role;
  const { messageId, metadata } = value;
  return withoutUndefined({ messageId, role, parts: fromOldParts(value.parts), metadata });
}

export function fromOldStatus(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { state, message, timestamp } = value;
  return withoutUndefined({
    state: fromOldState(state),
    message: message === undefined || message === null ? undefined : fromOldMessage(message),
    timestamp,
  });
}

function fromOldState(state: unknown): unknown {
  const name = `TASK_STATE_${String(state).toUpperCase().replaceAll('-', '_')}` as TaskState;
  return TASK_STATES.includes(name) ? name : state;
}

/** Artifacts had a place in the list instead of an ID. */
export function fromOldArtifact(value: unknown, taskId: string, place = 0): unknown {
  if (!isObject(value)) return value;
  const { artifactId, index, name, description, metadata } = value;
  const at = typeof index === 'number' ? index : place;
  return withoutUndefined({
    artifactId: artifactId ?? createHash('sha256').update(`${taskId}/${at}`).digest('hex').slice(0, 32),
    name,
    description,
    parts: fromOldParts(value.parts),
    metadata,
  });
}

/** Sessions were what contexts are. */
export function fromOldTask(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { id, sessionId, contextId, status, artifacts, history, metadata } = value;
  const list = (of: unknown, convert: (element: unknown, index: number) => unknown) =>
    Array.isArray(of) ? of.map(convert) : (of ?? undefined);
  return withoutUndefined({
    id,
    contextId: sessionId ?? contextId,
    status: fromOldStatus(status),
    artifacts: list(artifacts, (artifact, index) => fromOldArtifact(artifact, String(id), index)),
    history: list(history, fromOldMessage),
    metadata,
  });
}

function withoutUndefined(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null),
  );
}
