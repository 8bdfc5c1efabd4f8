import { isObject } from '../is-object';

type Fields = Record<string, unknown>;

/**
 * HTTP+JSON of 0.3 is written in two ways: with kinds, as in the specification's text and on Retool's pages, and as
 * the ProtoJSON that the official SDKs speak. Here what such a client sends and reads becomes the one or the other.
 */

/** The body of a send in ProtoJSON as one with kinds; undefined when it is none. */
export function sendWithKinds(body: unknown): Fields | undefined {
  if (!isObject(body) || !isObject(body.message) || !Array.isArray(body.message.content)) return undefined;
  const { content, role: _, ...message } = body.message;
  const { pushNotification, ...configuration } = isObject(body.configuration) ? body.configuration : {};
  return {
    ...body,
    message: { ...message, kind: 'message', role: 'user', parts: (content as unknown[]).map(partWithKind) },
    ...(body.configuration !== undefined && {
      configuration: {
        ...configuration,
        ...(pushNotification !== undefined && { pushNotificationConfig: pushNotification }),
      },
    }),
  };
}

function partWithKind(part: unknown): object {
  const { text, file, data, ...more } = isObject(part) ? part : {};
  if (isObject(file)) {
    const { fileWithUri, fileWithBytes, ...same } = file;
    const content = fileWithUri === undefined ? { bytes: fileWithBytes } : { uri: fileWithUri };
    return { kind: 'file', file: { ...content, ...same }, ...more };
  }
  return isObject(data) ? { kind: 'data', data: data.data ?? {}, ...more } : { kind: 'text', text, ...more };
}

/** The member of a StreamResponse that holds an answer or event. */
export type EventMember = 'task' | 'message' | 'statusUpdate' | 'artifactUpdate';

/** What 0.3 calls them in `kind`. */
export const EVENT_KINDS: Readonly<Record<string, EventMember>> = {
  task: 'task',
  message: 'message',
  'status-update': 'statusUpdate',
  'artifact-update': 'artifactUpdate',
};

/** An answer or event with kinds, bare or under its name, as ProtoJSON under its name; undefined when it is none. */
export function eventOfKinds(value: unknown): Fields | undefined {
  if (!isObject(value)) return undefined;
  const bare = EVENT_KINDS[String(value.kind)];
  const name = bare ?? Object.values(EVENT_KINDS).find((known) => isObject(value[known]));
  const inner = bare === undefined && name !== undefined ? value[name] : value;
  if (name === undefined || !isObject(inner) || !isOfKinds(inner)) return undefined;
  return { [name]: name === 'message' ? message(inner) : told(inner) };
}

/** ProtoJSON has no kind, and states in capitals. */
function isOfKinds({ kind, status, artifact }: Fields): boolean {
  if (kind !== undefined) return true;
  if (isObject(status))
    return typeof status.state === 'string' && status.state === status.state.toLowerCase();
  return isObject(artifact) && list(artifact.parts).some((part) => 'kind' in part);
}

/** A Task or an update of one. */
function told({ kind: _, status, history, artifacts, artifact, ...rest }: Fields): object {
  return {
    ...rest,
    ...(isObject(status) && { status: statusOf(status) }),
    ...(history !== undefined && { history: list(history).map(message) }),
    ...(artifacts !== undefined && { artifacts: list(artifacts).map(artifactOf) }),
    ...(isObject(artifact) && { artifact: artifactOf(artifact) }),
  };
}

function statusOf({ state, message: said, ...rest }: Fields): object {
  const name = String(state)
    .toUpperCase()
    .replaceAll('-', '_')
    .replace(/^CANCELED$/, 'CANCELLED');
  return { ...rest, state: `TASK_STATE_${name}`, ...(isObject(said) && { message: message(said) }) };
}

function message({ kind: _, role, parts, ...rest }: Fields): object {
  return { ...rest, role: role === 'user' ? 'ROLE_USER' : 'ROLE_AGENT', content: list(parts).map(partOf) };
}

function artifactOf({ parts, ...rest }: Fields): object {
  return { ...rest, parts: list(parts).map(partOf) };
}

function partOf({ kind: _, file, data, ...rest }: Fields): object {
  if (data !== undefined) return { ...rest, data: { data } };
  if (!isObject(file)) return rest;
  const { uri, bytes, ...same } = file;
  return {
    ...rest,
    file: { ...(uri === undefined ? { fileWithBytes: bytes } : { fileWithUri: uri }), ...same },
  };
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
