import { createHash } from 'node:crypto';
import { isObject } from '../is-object';
import { TASK_STATES } from '../task-update';
import type { JsonValue, TaskState } from '../types';

/**
 * The data model of `tasks/send`, as A2A 1.0 JSON. What comes out is still to be checked: things of
 * the wrong type are passed on as they are.
 */

function partFromV02(value: unknown): unknown {
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

function partsFromV02(parts: unknown): unknown {
  return Array.isArray(parts) ? parts.map((part) => withoutUndefined(partFromV02(part))) : parts;
}

function messageFromV02(value: unknown): unknown {
  if (!isObject(value)) return value;
  const role = value.role === 'user' ? 'ROLE_USER' : value.role === 'agent' ? 'ROLE_AGENT' : value.role;
  const { messageId, metadata } = value;
  return withoutUndefined({ messageId, role, parts: partsFromV02(value.parts), metadata });
}

export function statusFromV02(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { state, message, timestamp } = value;
  return withoutUndefined({
    state: stateFromV02(state),
    message: message === undefined || message === null ? undefined : messageFromV02(message),
    timestamp,
  });
}

function stateFromV02(state: unknown): unknown {
  const name = `TASK_STATE_${String(state).toUpperCase().replaceAll('-', '_')}` as TaskState;
  return TASK_STATES.includes(name) ? name : state;
}

/** Artifacts had a place in the list instead of an ID. */
export function artifactFromV02(value: unknown, taskId: string, place = 0): unknown {
  if (!isObject(value)) return value;
  const { artifactId, index, name, description, metadata } = value;
  const at = typeof index === 'number' ? index : place;
  return withoutUndefined({
    artifactId: artifactId ?? createHash('sha256').update(`${taskId}/${at}`).digest('hex').slice(0, 32),
    name,
    description,
    parts: partsFromV02(value.parts),
    metadata,
  });
}

/** Sessions were what contexts are. */
export function taskFromV02(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { id, sessionId, contextId, status, artifacts, history, metadata } = value;
  const list = (of: unknown, convert: (element: unknown, index: number) => unknown) =>
    Array.isArray(of) ? of.map(convert) : (of ?? undefined);
  return withoutUndefined({
    id,
    contextId: sessionId ?? contextId,
    status: statusFromV02(status),
    artifacts: list(artifacts, (artifact, index) => artifactFromV02(artifact, String(id), index)),
    history: list(history, messageFromV02),
    metadata,
  });
}

function withoutUndefined(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null),
  );
}
