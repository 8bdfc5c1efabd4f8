import { isObject } from './is-object';
import { PART_CONTENTS } from './parts';
import { describe, isDeeper, MAX_NESTING, readBase64, readTimestamp, wellFormed } from './proto-json';
import { type ArtifactChunk, isTerminal, TASK_STATES, type TaskUpdate } from './task-update';
import type { Artifact, JsonValue, Message, Part, Role, Struct, Task, TaskState, TaskStatus } from './types';

/**
 * Reads the A2A JSON that agents write, by the rules of ProtoJSON, into its normal form. Workflows and bridge read
 * through these functions, so that both make the same Task of it, and clients get nothing that A2A does not allow.
 *
 * null is absent, also where a language writes it for every unset field. Names may be written as in the proto file
 * (`message_id`), enums by number. What is unknown is left out; what is malformed is left out too, and told.
 */

/** Is told what is left out: the field, as in `result.status.message.parts[0].raw`, and what is wrong with it. */
export type OnLeftOut = (field: string, problem: string) => void;

type Json = Record<string, unknown>;

const ROLES: readonly Role[] = ['ROLE_USER', 'ROLE_AGENT'];

const nobody: OnLeftOut = () => {};

/**
 * The updates in what came with a memo field or signal `a2a_update`: one, or a list. A terminal status is left out:
 * only the end of the workflow ends a task.
 * @param at what the fields of an update are told to belong to
 */
export function readUpdates(
  value: unknown,
  onLeftOut: OnLeftOut = nobody,
  at: string = 'a2a_update',
): TaskUpdate[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) return oneOrNone(value, at, onLeftOut);
  return value.flatMap((each, index) => oneOrNone(each, `${at}[${index}]`, onLeftOut));
}

function oneOrNone(value: unknown, at: string, onLeftOut: OnLeftOut): TaskUpdate[] {
  if (value === null) return [];
  const update = readUpdate(value, at, onLeftOut);
  return update === undefined ? [] : [update];
}

function readUpdate(value: unknown, at: string, leaveOut: OnLeftOut): TaskUpdate | undefined {
  const status = fieldOf(value, 'statusUpdate');
  if (status !== undefined) {
    const read = readStatus(fieldOf(status, 'status'), `${at}.statusUpdate.status`, leaveOut);
    if (read === undefined) return undefined;
    if (isTerminal(read.state)) {
      leaveOut(
        `${at}.statusUpdate.status.state`,
        `is ${read.state}: only the end of the workflow ends a task`,
      );
      return undefined;
    }
    const statusUpdate: Extract<TaskUpdate, { statusUpdate: unknown }>['statusUpdate'] = { status: read };
    put(statusUpdate, 'metadata', metadata(status, `${at}.statusUpdate`, leaveOut));
    return { statusUpdate };
  }
  const chunk = fieldOf(value, 'artifactUpdate');
  const artifact = readArtifact(
    fieldOf(chunk, 'artifact'),
    `${at}.artifactUpdate.artifact`,
    chunk ? leaveOut : nobody,
  );
  if (artifact !== undefined) {
    const artifactUpdate: ArtifactChunk = { artifact };
    if (fieldOf(chunk, 'append') === true) artifactUpdate.append = true;
    if (fieldOf(chunk, 'lastChunk') === true) artifactUpdate.lastChunk = true;
    put(artifactUpdate, 'metadata', metadata(chunk, `${at}.artifactUpdate`, leaveOut));
    return { artifactUpdate };
  }
  if (chunk === undefined) leaveOut(at, 'has neither a statusUpdate nor an artifactUpdate');
  return undefined;
}

/** The Task; undefined when it has no ID, or no status that says how it stands. */
export function readTask(value: unknown, at: string, leaveOut: OnLeftOut = nobody): Task | undefined {
  const id = requiredText(value, 'id', at, leaveOut);
  const status = readStatus(fieldOf(value, 'status'), `${at}.status`, leaveOut);
  if (id === undefined || status === undefined) return undefined;
  const task: Task = { id, contextId: text(value, 'contextId', at, leaveOut) ?? '', status };
  put(task, 'artifacts', listOf(value, 'artifacts', at, leaveOut, readArtifact));
  put(task, 'history', listOf(value, 'history', at, leaveOut, readMessage));
  put(task, 'metadata', metadata(value, at, leaveOut));
  return task;
}

/** How a task stands; undefined when that is not said. Its message is the agent's. */
function readStatus(value: unknown, at: string, leaveOut: OnLeftOut = nobody): TaskStatus | undefined {
  const state = readState(fieldOf(value, 'state'));
  if (state === undefined) {
    leaveOut(
      `${at}.state`,
      `must be one of ${TASK_STATES.join(', ')}, got ${describe(fieldOf(value, 'state'))}`,
    );
    return undefined;
  }
  const status: TaskStatus = { state };
  const said = fieldOf(value, 'message');
  if (said !== undefined) put(status, 'message', readMessage(said, `${at}.message`, leaveOut, 'ROLE_AGENT'));
  const time = text(value, 'timestamp', at, leaveOut);
  const timestamp = time === undefined ? undefined : readTimestamp(time);
  if (time !== undefined && timestamp === undefined) {
    leaveOut(
      `${at}.timestamp`,
      `must be a timestamp such as "2025-10-28T10:30:00.000Z", got ${describe(time)}`,
    );
  }
  put(status, 'timestamp', timestamp);
  return status;
}

/**
 * The message; undefined when it has no ID, no list of parts, or none that can be read.
 * @param role when the message does not say
 */
export function readMessage(
  value: unknown,
  at: string,
  leaveOut: OnLeftOut = nobody,
  role: Role = 'ROLE_USER',
): Message | undefined {
  const messageId = requiredText(value, 'messageId', at, leaveOut);
  const parts = readParts(value, at, leaveOut);
  if (messageId === undefined || parts === undefined) return undefined;
  const message: Message = { messageId, role: readRole(fieldOf(value, 'role')) ?? role, parts };
  put(message, 'contextId', text(value, 'contextId', at, leaveOut));
  put(message, 'taskId', text(value, 'taskId', at, leaveOut));
  put(message, 'metadata', metadata(value, at, leaveOut));
  put(message, 'extensions', listOf(value, 'extensions', at, leaveOut, readText));
  put(message, 'referenceTaskIds', listOf(value, 'referenceTaskIds', at, leaveOut, readText));
  return message;
}

/** The artifact, or a chunk of one; undefined when it has no ID, no list of parts, or none that can be read. */
export function readArtifact(value: unknown, at: string, leaveOut: OnLeftOut = nobody): Artifact | undefined {
  const artifactId = requiredText(value, 'artifactId', at, leaveOut);
  const parts = readParts(value, at, leaveOut);
  if (artifactId === undefined || parts === undefined) return undefined;
  const artifact: Artifact = { artifactId, parts };
  put(artifact, 'name', text(value, 'name', at, leaveOut));
  put(artifact, 'description', text(value, 'description', at, leaveOut));
  put(artifact, 'metadata', metadata(value, at, leaveOut));
  put(artifact, 'extensions', listOf(value, 'extensions', at, leaveOut, readText));
  return artifact;
}

/** Undefined when there is no list, or when nothing of what is in it can be read. */
function readParts(value: unknown, at: string, leaveOut: OnLeftOut): Part[] | undefined {
  const given = fieldOf(value, 'parts');
  if (!Array.isArray(given)) {
    if (isObject(value)) leaveOut(`${at}.parts`, `must be a list, got ${describe(given)}`);
    return undefined;
  }
  const parts = given.flatMap((each, index) => readPart(each, `${at}.parts[${index}]`, leaveOut) ?? []);
  if (parts.length > 0 || given.length === 0) return parts;
  leaveOut(at, 'has no part that can be read');
  return undefined;
}

/** The part; undefined when it has not exactly one content that can be read. */
export function readPart(value: unknown, at: string, leaveOut: OnLeftOut = nobody): Part | undefined {
  if (!isObject(value)) {
    leaveOut(at, `must be a JSON object, got ${describe(value)}`);
    return undefined;
  }
  const part = readContent(value, at, leaveOut);
  if (part === undefined) return undefined;
  put(part, 'metadata', metadata(value, at, leaveOut));
  put(part, 'filename', text(value, 'filename', at, leaveOut));
  put(part, 'mediaType', text(value, 'mediaType', at, leaveOut));
  return part;
}

function readContent(part: Json, at: string, leaveOut: OnLeftOut): Part | undefined {
  // Languages that write every field write null, or an empty text, for those that are not set.
  const set = PART_CONTENTS.filter((key) => part[key] !== undefined && part[key] !== null);
  const found = set.length > 1 ? set.filter((key) => part[key] !== '') : set;
  // null is a JSON value, so it is content where there is no other.
  if (found.length === 0 && part.data === null) return { data: null };
  const [kind] = found;
  const content = kind === undefined ? undefined : part[kind];
  if (kind === undefined || found.length > 1) {
    const got = kind === undefined ? 'none' : found.join(' and ');
    leaveOut(at, `must have exactly one of ${PART_CONTENTS.join(', ')}, got ${got}`);
    return undefined;
  }
  if (kind === 'data') {
    if (!isDeeper(content, MAX_NESTING)) return { data: wellFormed(content as JsonValue) };
    leaveOut(`${at}.data`, TOO_DEEP);
    return undefined;
  }
  const read =
    typeof content !== 'string' ? undefined : kind === 'raw' ? readBase64(content) : wellFormed(content);
  if (read !== undefined && (kind !== 'url' || read !== '')) return { [kind]: read };
  const expected = kind === 'raw' ? 'base64' : kind === 'url' ? 'a non-empty string' : 'a string';
  leaveOut(`${at}.${kind}`, `must be ${expected}, got ${describe(content)}`);
  return undefined;
}

const TOO_DEEP = `must not be nested more than ${MAX_NESTING} levels deep`;

function metadata(value: unknown, at: string, leaveOut: OnLeftOut): Struct | undefined {
  const found = fieldOf(value, 'metadata');
  if (found === undefined) return undefined;
  if (isObject(found) && !isDeeper(found, MAX_NESTING)) return wellFormed(found as Struct);
  leaveOut(`${at}.metadata`, isObject(found) ? TOO_DEEP : `must be a JSON object, got ${describe(found)}`);
  return undefined;
}

/** Undefined when it is unset, as an empty text is. */
function text(value: unknown, name: string, at: string, leaveOut: OnLeftOut): string | undefined {
  const found = fieldOf(value, name);
  if (found === undefined || found === '') return undefined;
  return readText(found, `${at}.${name}`, leaveOut);
}

function requiredText(value: unknown, name: string, at: string, leaveOut: OnLeftOut): string | undefined {
  const found = fieldOf(value, name);
  if (typeof found === 'string' && found !== '') return wellFormed(found);
  if (isObject(value)) leaveOut(`${at}.${name}`, `must be a non-empty string, got ${describe(found)}`);
  else leaveOut(at, `must be a JSON object, got ${describe(value)}`);
  return undefined;
}

function readText(value: unknown, at: string, leaveOut: OnLeftOut): string | undefined {
  if (typeof value === 'string') return wellFormed(value);
  leaveOut(at, `must be a string, got ${describe(value)}`);
  return undefined;
}

/** The elements that can be read; undefined when there is no list. */
function listOf<T>(
  value: unknown,
  name: string,
  at: string,
  leaveOut: OnLeftOut,
  read: (each: unknown, at: string, leaveOut: OnLeftOut) => T | undefined,
): T[] | undefined {
  const found = fieldOf(value, name);
  if (found === undefined) return undefined;
  if (Array.isArray(found)) {
    return found.flatMap((each: unknown, index) => read(each, `${at}.${name}[${index}]`, leaveOut) ?? []);
  }
  leaveOut(`${at}.${name}`, `must be a list, got ${describe(found)}`);
  return undefined;
}

export function readState(value: unknown): TaskState | undefined {
  return oneOf(TASK_STATES, value);
}

export function readRole(value: unknown): Role | undefined {
  return oneOf(ROLES, value);
}

function oneOf<Name extends string>(names: readonly Name[], value: unknown): Name | undefined {
  return typeof value === 'number' ? names[value - 1] : names.find((name) => name === value);
}

/** The field by its JSON name or by its name in the proto file; undefined when it is unset. */
export function fieldOf(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  return value[name] ?? value[PROTO_NAMES[name] ?? name] ?? undefined;
}

/** Of the names that differ. */
const PROTO_NAMES: Record<string, string> = {
  artifactId: 'artifact_id',
  artifactUpdate: 'artifact_update',
  contextId: 'context_id',
  lastChunk: 'last_chunk',
  mediaType: 'media_type',
  messageId: 'message_id',
  referenceTaskIds: 'reference_task_ids',
  statusUpdate: 'status_update',
  taskId: 'task_id',
};

function put<T extends object, Key extends keyof T>(target: T, key: Key, value: T[Key] | undefined): void {
  if (value !== undefined) target[key] = value;
}
