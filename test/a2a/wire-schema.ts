import { partWith } from '../../src/a2a/schema';
import {
  boolean,
  enumeration,
  list,
  nonEmptyString,
  object,
  string,
  struct,
  timestamp,
} from '../../src/a2a/schema-fields';
import { TASK_STATES } from '../../src/a2a/task-update';

/** What clients may get of a task, by the schemas of the requests: strict, and without a rest. */

const part = partWith(nonEmptyString);

export const message = object({
  messageId: nonEmptyString,
  contextId: nonEmptyString.exactOptional(),
  taskId: nonEmptyString.exactOptional(),
  role: enumeration(['ROLE_USER', 'ROLE_AGENT']),
  parts: list(part),
  metadata: struct.exactOptional(),
  extensions: list(string).exactOptional(),
  referenceTaskIds: list(string).exactOptional(),
});

export const artifact = object({
  artifactId: nonEmptyString,
  name: string.exactOptional(),
  description: string.exactOptional(),
  parts: list(part),
  metadata: struct.exactOptional(),
  extensions: list(string).exactOptional(),
});

export const status = object({
  state: enumeration(TASK_STATES),
  message: message.exactOptional(),
  timestamp: timestamp.exactOptional(),
});

export const task = object({
  id: nonEmptyString,
  contextId: nonEmptyString,
  status,
  artifacts: list(artifact).exactOptional(),
  history: list(message).exactOptional(),
  metadata: struct.exactOptional(),
});

const ids = { taskId: nonEmptyString, contextId: nonEmptyString };

export const streamResponse = object({
  task: task.exactOptional(),
  message: message.exactOptional(),
  statusUpdate: object({ ...ids, status, metadata: struct.exactOptional() }).exactOptional(),
  artifactUpdate: object({
    ...ids,
    artifact,
    append: boolean.exactOptional(),
    lastChunk: boolean.exactOptional(),
    metadata: struct.exactOptional(),
  }).exactOptional(),
});
