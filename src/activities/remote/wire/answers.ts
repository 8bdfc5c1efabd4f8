import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isObject } from '../../../a2a/is-object';
import { PART_CONTENTS } from '../../../a2a/parts';
import { partWith } from '../../../a2a/schema';
import { boolean, enumeration, object, string, struct, timestamp } from '../../../a2a/schema-fields';
import { TASK_STATES } from '../../../a2a/task-update';
import type { Message, StreamResponse, Task } from '../../../a2a/types';
import { RemoteFault } from '../fault';

/**
 * What remote agents answer, in A2A JSON: checked, in normal form, unknown fields left out. A little more is
 * forgiven than to callers of ours: an ID of a message may be missing, a part without content is `data: null`
 * (the official SDK drops that), a timestamp that is none is left out.
 */

/** Any length: the size of an answer is limited where it is read. */
const many = <Element extends z.ZodType>(element: Element) => z.array(element);

const part = z.preprocess(
  (value) =>
    isObject(value) && !PART_CONTENTS.some((key) => key in value) ? { ...value, data: null } : value,
  partWith(string),
);

const isUnset = (_: string, value: unknown) => value === null || value === '';

const message = z.preprocess(
  (value) => (isObject(value) && !value.messageId ? { ...value, messageId: hashId(value) } : value),
  object(
    {
      messageId: string,
      contextId: string.exactOptional(),
      taskId: string.exactOptional(),
      role: enumeration(['ROLE_USER', 'ROLE_AGENT']),
      parts: many(part),
      metadata: struct.exactOptional(),
      extensions: many(string).exactOptional(),
      referenceTaskIds: many(string).exactOptional(),
    },
    { isUnset },
  ),
);

/** The same message gets the same ID however often it is read. */
function hashId(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

const statusFields = object(
  { state: enumeration(TASK_STATES), message: message.exactOptional(), timestamp: timestamp.exactOptional() },
  { isUnset },
);

const status = z.preprocess((value) => {
  if (!isObject(value) || timestamp.safeParse(value.timestamp).success) return value;
  const { timestamp: _, ...rest } = value;
  return rest;
}, statusFields);

const artifact = object(
  {
    artifactId: string,
    name: string.exactOptional(),
    description: string.exactOptional(),
    parts: many(part),
    metadata: struct.exactOptional(),
    extensions: many(string).exactOptional(),
  },
  { isUnset },
);

const id = z.string('must be an ID').min(1, 'must be an ID').max(2_048);
const contextId = z.string().max(2_048).default('');

const task = object(
  {
    id,
    contextId,
    status,
    artifacts: many(artifact).exactOptional(),
    history: many(message).exactOptional(),
    metadata: struct.exactOptional(),
  },
  { isUnset: (key, value) => value === null || (value === '' && key !== 'id') },
);

const statusUpdate = object({ taskId: id, contextId, status, metadata: struct.exactOptional() });

const artifactUpdate = object({
  taskId: id,
  contextId,
  artifact,
  append: boolean.exactOptional(),
  lastChunk: boolean.exactOptional(),
  metadata: struct.exactOptional(),
});

/** @throws RemoteFault A2A_REMOTE_BAD_ANSWER that names the field */
export function readTask(value: unknown): Task {
  return check(task, value, 'Task') as Task;
}

/** @throws RemoteFault A2A_REMOTE_BAD_ANSWER that names the field */
export function readMessage(value: unknown): Message {
  return check(message, value, 'Message') as Message;
}

/** @throws RemoteFault A2A_REMOTE_BAD_ANSWER that names the field */
export function readStreamResponse(value: unknown): StreamResponse {
  const event = isObject(value) ? value : {};
  if (event.task !== undefined) return { task: readTask(event.task) };
  if (event.message !== undefined) return { message: readMessage(event.message) };
  if (event.statusUpdate !== undefined) {
    return { statusUpdate: check(statusUpdate, event.statusUpdate, 'statusUpdate') } as StreamResponse;
  }
  if (event.artifactUpdate !== undefined) {
    return {
      artifactUpdate: check(artifactUpdate, event.artifactUpdate, 'artifactUpdate'),
    } as StreamResponse;
  }
  throw badAnswer('sent an event without a task, message, statusUpdate or artifactUpdate');
}

function check(schema: z.ZodType, value: unknown, what: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badAnswer(`gave an invalid ${what}: ${issue?.path.join('.') || what}: ${issue?.message}`);
}

export function badAnswer(message: string): RemoteFault {
  return new RemoteFault('A2A_REMOTE_BAD_ANSWER', message);
}
