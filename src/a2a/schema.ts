import type { z } from 'zod';
import { type FieldViolation, InvalidParamsError } from './errors';
import { PART_CONTENTS } from './parts';
import {
  base64,
  boolean,
  enumeration,
  id,
  integer,
  jsonValue,
  list,
  nonEmptyString,
  object,
  string,
  struct,
  timestamp,
} from './schema-fields';
import { TASK_STATES } from './task-update';

/**
 * The requests of A2A 1.0 (specification section 3.1) as they arrive, by the rules of ProtoJSON. What comes
 * out has the shapes of `types.ts` and is in normal form; what is wrong is an InvalidParamsError.
 */

const taskState = enumeration(TASK_STATES);

/**
 * ROLE_USER means "from the client to the server" (section 4.1.5), and that is the way a request goes:
 * ROLE_AGENT would put words into the agent's mouth, which the task's history would then show as its own.
 */
const clientRole = enumeration(['ROLE_USER']);

/** @param url what is asked of a `url` */
export const partWith = (url: typeof string) =>
  object(
    {
      text: string.exactOptional(),
      raw: base64.exactOptional(),
      url: url.exactOptional(),
      data: jsonValue.exactOptional(),
      metadata: struct.exactOptional(),
      filename: string.exactOptional(),
      mediaType: string.exactOptional(),
    },
    {
      // null is a JSON value, so `data: null` is content.
      isUnset: (key, value) =>
        (value === null && key !== 'data') || (value === '' && !PART_CONTENTS.includes(key)),
      check: (value) => {
        const found = PART_CONTENTS.filter((key) => key in value);
        if (found.length === 1) return undefined;
        const got = found.length === 0 ? 'none' : found.join(' and ');
        return `must have exactly one of ${PART_CONTENTS.join(', ')}, got ${got}`;
      },
    },
  );

const part = partWith(nonEmptyString);

const message = object({
  messageId: id,
  contextId: id.exactOptional(),
  taskId: id.exactOptional(),
  role: clientRole,
  parts: list(part, { min: 1 }),
  metadata: struct.exactOptional(),
  extensions: list(string).exactOptional(),
  referenceTaskIds: list(id).exactOptional(),
});

const tenant = string.exactOptional();

const pushConfigFields = {
  tenant,
  id: id.exactOptional(),
  url: nonEmptyString,
  token: string.exactOptional(),
  authentication: object({ scheme: nonEmptyString, credentials: string.exactOptional() }).exactOptional(),
};

export const sendMessageRequest = object({
  tenant,
  message,
  configuration: object({
    acceptedOutputModes: list(string).exactOptional(),
    taskPushNotificationConfig: object({ ...pushConfigFields, taskId: id.exactOptional() }).exactOptional(),
    historyLength: integer(0).exactOptional(),
    returnImmediately: boolean.exactOptional(),
    // In drafts of 1.0, with the contrary meaning (the SDK for Java).
    blocking: boolean.exactOptional(),
  })
    .transform(({ blocking, ...rest }) => (blocking === false ? { returnImmediately: true, ...rest } : rest))
    .exactOptional(),
  metadata: struct.exactOptional(),
});

export const getTaskRequest = object({ tenant, id, historyLength: integer(0).exactOptional() });

export const listTasksRequest = object(
  {
    tenant,
    contextId: id.exactOptional(),
    status: taskState.exactOptional(),
    pageSize: integer(1, 100).exactOptional(),
    pageToken: string.exactOptional(),
    historyLength: integer(0).exactOptional(),
    statusTimestampAfter: timestamp.exactOptional(),
    includeArtifacts: boolean.exactOptional(),
  },
  {
    // Zero is how proto3 writes an enum that is unset.
    isUnset: (key, value) =>
      value === null ||
      (value === '' && ['tenant', 'contextId', 'pageToken'].includes(key)) ||
      (key === 'status' && (value === 0 || value === 'TASK_STATE_UNSPECIFIED')),
  },
);

export const cancelTaskRequest = object({ tenant, id, metadata: struct.exactOptional() });

export const subscribeToTaskRequest = object({ tenant, id });

export const createPushConfigRequest = object({ ...pushConfigFields, taskId: id });

export const pushConfigRequest = object({ tenant, taskId: id, id });

export const listPushConfigsRequest = object({
  tenant,
  taskId: id,
  pageSize: integer(0, 100).exactOptional(),
  pageToken: string.exactOptional(),
});

export const getExtendedAgentCardRequest = object({ tenant });

/** Violations beyond these are left out of the error. */
const MAX_VIOLATIONS = 20;

/**
 * Reads a request.
 * @throws InvalidParamsError with a violation for each field that is wrong
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidParamsError(result.error.issues.slice(0, MAX_VIOLATIONS).map(toViolation));
}

function toViolation(issue: z.core.$ZodIssue): FieldViolation {
  return { field: fieldPath(issue.path), description: issue.message };
}

/** As in `message.parts[0].raw`; the request itself is `request`. */
function fieldPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'request' : text;
}
