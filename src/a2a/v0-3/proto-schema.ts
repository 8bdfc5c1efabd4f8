import { isObject } from '../is-object';
import {
  base64,
  boolean,
  enumeration,
  id,
  integer,
  list,
  nonEmptyString,
  object,
  string,
  struct,
} from '../schema-fields';
import { dataPart, filePart, pushConfig, toRequest } from './schema';

/**
 * A send as ProtoJSON of `a2a.v1`, the proto file of 0.3, as the official SDKs of 0.3 send it over HTTP+JSON. What
 * comes out is a request of 1.0.
 */

const CONTENTS = ['text', 'file', 'data'];

const file = object(
  {
    fileWithUri: nonEmptyString.exactOptional(),
    fileWithBytes: base64.exactOptional(),
    mimeType: string.exactOptional(),
    name: string.exactOptional(),
  },
  {
    isUnset: (key, value) => value === null || (value === '' && (key === 'name' || key === 'mimeType')),
    check: (value) =>
      'fileWithUri' in value !== 'fileWithBytes' in value
        ? undefined
        : `must have exactly one of fileWithUri and fileWithBytes, got ${'fileWithUri' in value ? 'both' : 'none'}`,
  },
);

const part = object(
  {
    text: string.exactOptional(),
    file: file.exactOptional(),
    data: object({ data: struct.exactOptional() }).exactOptional(),
    metadata: struct.exactOptional(),
  },
  {
    isUnset: (_key, value) => value === null,
    check: (value) => {
      const found = CONTENTS.filter((key) => key in value);
      if (found.length === 1) return undefined;
      return `must have exactly one of ${CONTENTS.join(', ')}, got ${found.join(' and ') || 'none'}`;
    },
  },
).transform(({ text, file: given, data, metadata }) => {
  if (text !== undefined) return { text, ...(metadata && { metadata }) };
  if (data !== undefined) return dataPart(data.data ?? {}, metadata);
  const { fileWithUri: uri, fileWithBytes: bytes, mimeType, name } = given ?? {};
  return filePart({ uri, bytes, mimeType, name }, metadata);
});

const message = object({
  messageId: id,
  role: enumeration(['ROLE_USER']),
  content: list(part, { min: 1 }),
  contextId: id.exactOptional(),
  taskId: id.exactOptional(),
  metadata: struct.exactOptional(),
  extensions: list(string).exactOptional(),
}).transform(({ content, ...rest }) => ({ ...rest, parts: content }));

/** In the proto file `blocking` is false and `historyLength` 0 when they are not set. */
const configuration = object({
  acceptedOutputModes: list(string).exactOptional(),
  pushNotification: pushConfig.exactOptional(),
  historyLength: integer(0).exactOptional(),
  blocking: boolean.exactOptional(),
}).transform(({ pushNotification, blocking = false, historyLength = 0, ...rest }) => ({
  ...rest,
  blocking,
  ...(historyLength > 0 && { historyLength }),
  ...(pushNotification && { pushNotificationConfig: pushNotification }),
}));

export const protoSendRequest = object({
  message,
  configuration: configuration.exactOptional(),
  metadata: struct.exactOptional(),
}).transform((request) => toRequest(request, { blocking: true }));

/** Whether the body of a send is ProtoJSON: its message has `content` and a ROLE_, where others have `parts`. */
export function isProtoSend(body: unknown): boolean {
  if (!isObject(body)) return false;
  if (isObject(body.request)) return true;
  const { message: sent } = body;
  if (!isObject(sent)) return false;
  return 'content' in sent || (typeof sent.role === 'string' && sent.role.startsWith('ROLE_'));
}
