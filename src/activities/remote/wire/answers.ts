import { createHash } from 'node:crypto';
import { z } from 'zod';
import { eventFrom, taskFrom, type WireShape } from '../../../a2a/any-version';
import { isObject } from '../../../a2a/is-object';
import { partWith } from '../../../a2a/schema';
import { boolean, enumeration, object, string, struct, timestamp } from '../../../a2a/schema-fields';
import { TASK_STATES } from '../../../a2a/task-update';
import type { SendMessageResponse, StreamResponse, Task } from '../../../a2a/types';
import { RemoteFault } from '../fault';

/**
 * What remote agents answer, as A2A 1.0 JSON: of any version, checked, in normal form, unknown fields left out. A
 * little more is forgiven than to callers of ours: an ID of a message may be missing, a list of parts may be empty, a
 * timestamp that is none is left out.
 */

/** Any length: the size of an answer is limited where it is read. */
const many = <Element extends z.ZodType>(element: Element) => z.array(element);

const part = partWith(string);

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

/** The same value gets the same ID however often it is read. */
export function hashId(value: unknown): string {
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
export function readTask(value: unknown, shape?: WireShape): Task {
  return check(task, taskFrom(value, shape), 'Task') as Task;
}

/** @throws RemoteFault A2A_REMOTE_BAD_ANSWER that names the field */
export function readSendResponse(value: unknown, shape?: WireShape): SendMessageResponse {
  const { task: ofTask, message: said } = readStreamResponse(value, shape) ?? {};
  if (ofTask !== undefined) return { task: ofTask };
  if (said !== undefined) return { message: said };
  throw badAnswer('answered a message with neither a Task nor a Message');
}

/**
 * An event; undefined when it is of a kind that is not known (yet).
 * @throws RemoteFault A2A_REMOTE_BAD_ANSWER that names the field
 */
export function readStreamResponse(value: unknown, shape?: WireShape): StreamResponse | undefined {
  const event = eventFrom(value, shape);
  if (event === undefined) return undefined;
  const [[member, content] = []] = Object.entries(event);
  const schema = { task, message, statusUpdate, artifactUpdate }[member as keyof StreamResponse];
  return { [member as string]: check(schema, content, member as string) } as StreamResponse;
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
