import { isObject } from '../is-object';
import { describe } from '../proto-json';
import {
  base64,
  boolean,
  id,
  integer,
  jsonValue,
  list,
  nonEmptyString,
  object,
  string,
  struct,
  timestamp,
  word,
} from '../schema-fields';
import type {
  JsonValue,
  Part,
  SendMessageConfiguration,
  Struct,
  TaskPushNotificationConfig,
  TaskState,
} from '../types';
import { STATES, WRAPPED_DATA } from './to-v0-3';
import type { FileV03 } from './types';

/**
 * The parameters of A2A 0.3's methods (specification 0.3.0, section 7) as they arrive. What comes out are requests of
 * 1.0; what is wrong is told with the names of 0.3.
 */

const KINDS = ['text', 'file', 'data'] as const;

const file = object(
  {
    name: string.exactOptional(),
    mimeType: string.exactOptional(),
    bytes: base64.exactOptional(),
    uri: nonEmptyString.exactOptional(),
  },
  {
    isUnset: (key, value) => value === null || (value === '' && (key === 'name' || key === 'mimeType')),
    check: (value) => {
      if ('bytes' in value !== 'uri' in value) return undefined;
      return `must have exactly one of bytes and uri, got ${'bytes' in value ? 'both' : 'none'}`;
    },
  },
);

/**
 * Some clients tell the kind of a part by `type`, as A2A did before 0.2, or only by the field that it has; and some
 * send the parts of 1.0, which have no `file`.
 */
export const part = object(
  {
    kind: string.exactOptional(),
    type: string.exactOptional(),
    text: string.exactOptional(),
    file: file.exactOptional(),
    raw: base64.exactOptional(),
    url: nonEmptyString.exactOptional(),
    data: jsonValue.exactOptional(),
    metadata: struct.exactOptional(),
    filename: string.exactOptional(),
    mediaType: string.exactOptional(),
  },
  {
    isUnset: (_key, value) => value === null,
    check: ({ kind, type, ...content }) => {
      const told = kind ?? type ?? kindOf(content);
      const found = KINDS.find((known) => known === told);
      if (found === undefined) return `must have a kind of ${KINDS.join(', ')}, got ${describe(told)}`;
      return contentsOf(content, found).length > 0
        ? undefined
        : `has the kind "${found}", so it must have ${found}`;
    },
  },
).transform((value, context): Part => {
  const { kind = value.type ?? kindOf(value), text = '', file, data, metadata, filename, mediaType } = value;
  const { raw, url } = value;
  if (kind === 'file') {
    return filePart(file ?? { bytes: raw, uri: url, name: filename, mimeType: mediaType }, metadata);
  }
  const more = {
    ...(filename !== undefined && { filename }),
    ...(mediaType !== undefined && { mediaType }),
  };
  if (kind === 'data') {
    const isOfV03 = value.kind !== undefined || value.type !== undefined;
    if (isOfV03 && !isObject(data)) {
      const message = `must be a JSON object, got ${describe(data)}`;
      context.issues.push({ code: 'custom', message, input: data, path: ['data'] });
    }
    return { ...dataPart(data ?? {}, metadata), ...more };
  }
  return { text, ...(metadata && { metadata }), ...more };
});

/** The fields that a content of a kind may be in. */
const FIELDS: Readonly<Record<(typeof KINDS)[number], readonly string[]>> = {
  text: ['text'],
  file: ['file', 'raw', 'url'],
  data: ['data'],
};

function contentsOf(content: object, kind: (typeof KINDS)[number]): readonly string[] {
  return FIELDS[kind].filter((field) => field in content);
}

/** The kind of a part that does not say it: of the one content that it has. */
function kindOf(content: object): string | undefined {
  const found = KINDS.flatMap((kind) => contentsOf(content, kind).map(() => kind));
  return found.length === 1 ? found[0] : undefined;
}

type Given<T> = { [Key in keyof T]?: T[Key] | undefined };

export function filePart(
  { name, mimeType, bytes = '', uri }: Given<FileV03>,
  metadata: Struct | undefined,
): Part {
  return {
    ...(uri === undefined ? { raw: bytes } : { url: uri }),
    ...(metadata && { metadata }),
    ...(name !== undefined && { filename: name }),
    ...(mimeType !== undefined && { mediaType: mimeType }),
  };
}

/** Takes apart what `partToV03` and the official SDKs have wrapped. */
export function dataPart(data: JsonValue, metadata: Struct | undefined): Part {
  if (metadata?.[WRAPPED_DATA] !== true) return { data, ...(metadata && { metadata }) };
  const { [WRAPPED_DATA]: _, ...rest } = metadata;
  const value: JsonValue = isObject(data) && 'value' in data ? (data.value ?? null) : data;
  return { data: value, ...(Object.keys(rest).length > 0 && { metadata: rest }) };
}

/** As in 1.0, a client speaks for itself and not for the agent. */
const message = object({
  kind: word(['message']).exactOptional(),
  messageId: id,
  role: word(['user']),
  parts: list(part, { min: 1 }),
  contextId: id.exactOptional(),
  taskId: id.exactOptional(),
  metadata: struct.exactOptional(),
  extensions: list(string).exactOptional(),
  referenceTaskIds: list(id).exactOptional(),
}).transform(({ kind: _, ...rest }) => ({ ...rest, role: 'ROLE_USER' as const }));

/** 0.3 names several schemes, 1.0 one: the first is kept. */
export const pushConfig = object({
  id: id.exactOptional(),
  url: nonEmptyString,
  token: string.exactOptional(),
  authentication: object({
    schemes: list(nonEmptyString),
    credentials: string.exactOptional(),
  }).exactOptional(),
}).transform(({ authentication, ...rest }): TaskPushNotificationConfig => {
  const scheme = authentication?.schemes[0];
  if (scheme === undefined) return rest;
  const { credentials } = authentication ?? {};
  return { ...rest, authentication: { scheme, ...(credentials !== undefined && { credentials }) } };
});

const configuration = object({
  acceptedOutputModes: list(string).exactOptional(),
  blocking: boolean.exactOptional(),
  historyLength: integer(0).exactOptional(),
  pushNotificationConfig: pushConfig.exactOptional(),
});

/**
 * `message/send` and `message/stream` (sections 7.1 and 7.2).
 * @param blocking whether a send waits when it does not say; the specification leaves that open
 */
export function messageSendParams({ blocking }: { blocking: boolean }) {
  return object({
    message,
    configuration: configuration.exactOptional(),
    metadata: struct.exactOptional(),
  }).transform((params) => toRequest(params, { blocking }));
}

interface SendParams<Sent> {
  message: Sent;
  configuration?: {
    acceptedOutputModes?: string[];
    blocking?: boolean;
    historyLength?: number;
    pushNotificationConfig?: TaskPushNotificationConfig;
  };
  metadata?: Struct;
}

/** @param blocking whether a send waits when it does not say */
export function toRequest<Sent>(params: SendParams<Sent>, { blocking }: { blocking: boolean }) {
  const { configuration: given = {}, ...rest } = params;
  const { blocking: asked = blocking, pushNotificationConfig, ...same } = given;
  const configuration: SendMessageConfiguration = {
    ...same,
    ...(pushNotificationConfig && { taskPushNotificationConfig: pushNotificationConfig }),
    ...(!asked && { returnImmediately: true }),
  };
  return Object.keys(configuration).length > 0 ? { ...rest, configuration } : rest;
}

/** Section 7.3. */
export const taskQueryParams = object({ id, historyLength: integer(0).exactOptional() });

/** Those of 1.0, with the states of 0.3. */
export const listTasksParams = object({
  contextId: id.exactOptional(),
  status: word(Object.values(STATES)).exactOptional(),
  pageSize: integer(1, 100).exactOptional(),
  pageToken: string.exactOptional(),
  historyLength: integer(0).exactOptional(),
  statusTimestampAfter: timestamp.exactOptional(),
  includeArtifacts: boolean.exactOptional(),
}).transform(({ status, ...rest }) => {
  const state = (Object.keys(STATES) as TaskState[]).find((name) => STATES[name] === status);
  return { ...rest, ...(state !== undefined && { status: state }) };
});

/** Sections 7.4 and 7.9. */
export const taskIdParams = object({ id, metadata: struct.exactOptional() });

/** Section 7.5. */
export const taskPushConfig = object({ taskId: id, pushNotificationConfig: pushConfig }).transform(
  ({ taskId, pushNotificationConfig }) => ({ ...pushNotificationConfig, taskId }),
);

/** Section 7.6: without the ID of a config the task's own is meant. */
export const getPushConfigParams = object({ id, pushNotificationConfigId: id.exactOptional() });

/** Section 7.7. */
export const listPushConfigParams = object({ id }).transform((params) => ({ taskId: params.id }));

/** Section 7.8. */
export const deletePushConfigParams = object({ id, pushNotificationConfigId: id }).transform((params) => ({
  taskId: params.id,
  id: params.pushNotificationConfigId,
}));
