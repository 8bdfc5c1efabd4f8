import { createHash } from 'node:crypto';
import { isObject } from './is-object';
import { TASK_STATES } from './task-update';
import type { Part, TaskState } from './types';
import { EVENT_KINDS, type EventMember } from './v0-3/kinds';
import { dataPart, filePart } from './v0-3/schema';

/**
 * What agents of any version write, as A2A 1.0 JSON: the ProtoJSON of 1.0 and of 0.3, the JSON with kinds of 0.3, the
 * types of `tasks/send`, and mixtures of them, since real servers mix. Names may be in camel or in snake case. What
 * comes out is still to be checked: things of the wrong type are passed on as they are.
 */

export interface WireShape {
  /** Data without a kind is `{data: {data: ...}}`, as in the proto file of 0.3. */
  wrapsData?: boolean;
}

type Fields = Record<string, unknown>;
const MEMBERS: Readonly<Record<string, EventMember>> = {
  task: 'task',
  message: 'message',
  msg: 'message',
  statusUpdate: 'statusUpdate',
  status_update: 'statusUpdate',
  artifactUpdate: 'artifactUpdate',
  artifact_update: 'artifactUpdate',
};

/**
 * An event of a stream, or the answer to a send, under the name of its one member: by its kind, by that name, or by
 * what it looks like. Undefined when it is nothing that A2A knows.
 */
export function eventFrom(
  value: unknown,
  shape: WireShape = {},
): Partial<Record<EventMember, Fields>> | undefined {
  if (!isObject(value)) return undefined;
  const name = Object.keys(MEMBERS).find((key) => isObject(value[key]));
  const kind = EVENT_KINDS[String(value.kind)];
  const member = kind ?? (name === undefined ? memberByShape(value) : MEMBERS[name]);
  const inner = kind === undefined && name !== undefined ? value[name] : value;
  if (member === undefined || !isObject(inner)) return undefined;
  return { [member]: CONVERSIONS[member](inner, shape) };
}

function memberByShape(value: Fields): EventMember | undefined {
  if (isObject(value.artifact)) return 'artifactUpdate';
  if (isSet(value.status)) {
    const isUpdate = isSet(get(value, 'taskId')) || (isSet(value.final) && !isSet(value.artifacts));
    return isUpdate ? 'statusUpdate' : 'task';
  }
  const says = value.parts ?? value.content;
  return Array.isArray(says) || (isSet(value.role) && isSet(says)) ? 'message' : undefined;
}

const CONVERSIONS: Readonly<Record<EventMember, (value: Fields, shape: WireShape) => Fields>> = {
  task: taskFrom,
  message: messageFrom,
  statusUpdate: (value, shape) => ({
    ...idsOf(value),
    status: statusFrom(value.status, shape),
    ...present({ metadata: value.metadata }),
  }),
  artifactUpdate: (value, shape) => {
    const ids = idsOf(value);
    const { artifact } = value;
    const inner = isObject(artifact) ? artifact : {};
    return {
      ...ids,
      artifact: artifactFrom(artifact, shape, String(ids.taskId)),
      ...present({
        // In 0.2 the artifact itself told.
        append: value.append ?? inner.append,
        lastChunk: get(value, 'lastChunk') ?? get(inner, 'lastChunk'),
        metadata: value.metadata,
      }),
    };
  },
};

/** The task has the ID `id` in updates of 0.2. */
function idsOf(value: Fields): Fields {
  return present({ taskId: get(value, 'taskId') ?? value.id, contextId: contextOf(value) });
}

/** Sessions were what contexts are. */
function contextOf(value: Fields): unknown {
  return get(value, 'contextId') ?? get(value, 'sessionId');
}

/** A Task, bare or as the member `task` of something. */
export function taskFrom(value: unknown, shape: WireShape = {}): Fields {
  if (!isObject(value)) return {};
  if (isObject(value.task)) return taskFrom(value.task, shape);
  const id = value.id ?? get(value, 'taskId');
  return present({
    id,
    contextId: contextOf(value),
    status: isSet(value.status) ? statusFrom(value.status, shape) : undefined,
    artifacts: each(value.artifacts, (artifact, index) => artifactFrom(artifact, shape, String(id), index)),
    history: each(value.history, (message) => messageFrom(message, shape)),
    metadata: value.metadata,
  });
}

function messageFrom(value: unknown, shape: WireShape): Fields {
  if (!isObject(value)) return { role: 'ROLE_AGENT', parts: partsFrom(value, shape) };
  return present({
    messageId: get(value, 'messageId'),
    contextId: get(value, 'contextId'),
    taskId: get(value, 'taskId'),
    role: roleFrom(value.role),
    parts: partsFrom(value.parts ?? value.content, shape),
    metadata: value.metadata,
    extensions: value.extensions,
    referenceTaskIds: get(value, 'referenceTaskIds'),
  });
}

/** Whoever is not the user is the agent. */
function roleFrom(role: unknown): string {
  return role === 1 || /^(role_)?user$/i.test(String(role)) ? 'ROLE_USER' : 'ROLE_AGENT';
}

function statusFrom(value: unknown, shape: WireShape): unknown {
  if (typeof value === 'string') return { state: stateFrom(value) };
  if (!isObject(value)) return value;
  const { state, message, timestamp } = value;
  return present({
    state: stateFrom(state),
    message: isSet(message) && message !== '' ? messageFrom(message, shape) : undefined,
    timestamp,
  });
}

/** By its name in any spelling, or by its number. A state that is not known yet is one of a task still at work. */
function stateFrom(state: unknown): TaskState {
  if (typeof state === 'number') return TASK_STATES[state - 1] ?? 'TASK_STATE_WORKING';
  const name = String(state)
    .toUpperCase()
    .replace(/^TASK_STATE_/, '')
    .replaceAll('-', '_')
    .replace(/^CANCELLED$/, 'CANCELED');
  return TASK_STATES.find((known) => known === `TASK_STATE_${name}`) ?? 'TASK_STATE_WORKING';
}

/** Before 0.2.5 artifacts had a place in the list instead of an ID. */
function artifactFrom(value: unknown, shape: WireShape, taskId: string, place = 0): unknown {
  if (!isObject(value)) return value;
  const { index, name, description, metadata, extensions } = value;
  const at = typeof index === 'number' ? index : place;
  return present({
    artifactId:
      get(value, 'artifactId') ?? createHash('sha256').update(`${taskId}/${at}`).digest('hex').slice(0, 32),
    name,
    description,
    parts: partsFrom(value.parts, shape),
    metadata,
    extensions,
  });
}

/** No parts are none; a text alone is one. */
function partsFrom(value: unknown, shape: WireShape): unknown {
  if (!isSet(value)) return [];
  if (typeof value === 'string') return partsOf(value, shape);
  return Array.isArray(value) ? value.flatMap((part) => partsOf(part, shape)) : value;
}

/** One part for each content that it has. */
function partsOf(value: unknown, { wrapsData = false }: WireShape): unknown[] {
  if (typeof value === 'string') return [{ text: value }];
  if (!isObject(value)) return [value];
  const { kind = value.type, text, raw, url, data, file, metadata, ...others } = value;
  const head = present({ filename: value.filename, mediaType: get(value, 'mediaType') });
  const more = { ...head, ...present({ metadata }) };
  const found: object[] = [];
  if (isSet(raw)) found.push({ raw, ...more });
  if (isSet(url)) found.push({ url, ...more });
  if (isObject(file)) found.push(fileFrom(file, metadata));
  if (isSet(data)) {
    const isWrapped =
      wrapsData && kind === undefined && isObject(data) && Object.keys(data).join() === 'data';
    found.push({ ...head, ...dataPart((isWrapped ? data.data : data) as never, metadata as never) });
  }
  if (isSet(text) && (text !== '' || found.length === 0)) found.unshift({ text, ...more });
  if (found.length > 0) return found;
  if (data === null || Object.keys(others).length === 0) return [{ data: null, ...more }];
  // What is of a kind that is not known yet is shown as it is.
  return [{ data: present({ kind, ...others }), ...present({ metadata }) }];
}

function fileFrom(file: Fields, metadata: unknown): Part {
  const text = (...names: string[]) => {
    const found = names.map((name) => get(file, name)).find(isSet);
    return found as string | undefined;
  };
  const bytes = text('bytes', 'fileWithBytes');
  return filePart(
    {
      name: text('name'),
      mimeType: text('mimeType'),
      bytes,
      uri: bytes === undefined ? text('uri', 'fileWithUri') : undefined,
    },
    (metadata ?? undefined) as never,
  );
}

function each(value: unknown, convert: (element: unknown, index: number) => unknown): unknown {
  return Array.isArray(value) ? value.map(convert) : value;
}

/** A field by its name, or by its name in snake case. */
function get(value: Fields, name: string): unknown {
  return value[name] ?? value[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isSet(value)));
}
