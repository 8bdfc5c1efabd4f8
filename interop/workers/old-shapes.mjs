// A2A 0.3 for a client whose own shapes are those of 1.0: as JSON-RPC has it (kinds), and as the proto file has it.

const STATES = { canceled: 'CANCELED', cancelled: 'CANCELED' };

/** What a client says, for JSON-RPC. */
export function toKinds({ parts, role, ...message }) {
  const told = parts.map(({ text, data }) =>
    text === undefined ? { kind: 'data', data } : { kind: 'text', text },
  );
  return { ...message, kind: 'message', role: role === 'ROLE_USER' ? 'user' : 'agent', parts: told };
}

/** What a client says, for HTTP+JSON. */
export function toProto({ parts, ...message }) {
  return {
    ...message,
    content: parts.map(({ text, data }) => (text === undefined ? { data: { data } } : { text })),
  };
}

/** A configuration of a send, of either. */
export function configurationToOld({ returnImmediately, taskPushNotificationConfig } = {}, pushName) {
  const push = taskPushNotificationConfig && { [pushName]: taskPushNotificationConfig };
  return { blocking: returnImmediately !== true, ...push };
}

/** A Task, Message or event, in either shape, as a StreamResponse of 1.0. */
export function responseOf(old) {
  const { kind, final, ...rest } = old;
  switch (kind) {
    case 'task':
      return { task: taskOf(rest) };
    case 'message':
      return { message: messageOf(rest) };
    case 'status-update':
      return { statusUpdate: statusUpdateOf(rest) };
    case 'artifact-update':
      return { artifactUpdate: { ...rest, artifact: artifactOf(rest.artifact) } };
  }
  const { task, message, statusUpdate, artifactUpdate } = old;
  return {
    ...(task && { task: taskOf(task) }),
    ...(message && { message: messageOf(message) }),
    ...(statusUpdate && { statusUpdate: statusUpdateOf(statusUpdate) }),
    ...(artifactUpdate && {
      artifactUpdate: { ...artifactUpdate, artifact: artifactOf(artifactUpdate.artifact) },
    }),
  };
}

export function taskOf({ kind, status, artifacts, history, ...task }) {
  return {
    ...task,
    status: statusOf(status),
    ...(artifacts && { artifacts: artifacts.map(artifactOf) }),
    ...(history && { history: history.map(messageOf) }),
  };
}

function statusUpdateOf({ final, status, ...update }) {
  return { ...update, status: statusOf(status) };
}

function statusOf({ state, message, ...status }) {
  const name = state.replace('TASK_STATE_', '').toLowerCase();
  const known = STATES[name] ?? name.toUpperCase().replaceAll('-', '_');
  return { ...status, state: `TASK_STATE_${known}`, ...(message && { message: messageOf(message) }) };
}

function messageOf({ kind, role, parts, content = parts, ...message }) {
  const isUser = role === 'user' || role === 'ROLE_USER';
  return { ...message, role: isUser ? 'ROLE_USER' : 'ROLE_AGENT', parts: content.map(partOf) };
}

function artifactOf({ parts, ...artifact }) {
  return { ...artifact, parts: parts.map(partOf) };
}

function partOf({ kind, text, file, data, metadata: { data_part_compat: wrapped, ...metadata } = {} }) {
  const more = Object.keys(metadata).length > 0 ? { metadata } : {};
  if (text !== undefined) return { text, ...more };
  if (file !== undefined) {
    const { bytes, fileWithBytes = bytes, uri, fileWithUri = uri, mimeType, name } = file;
    const content = fileWithBytes === undefined ? { url: fileWithUri } : { raw: fileWithBytes };
    return { ...content, ...(mimeType && { mediaType: mimeType }), ...(name && { filename: name }), ...more };
  }
  const value = kind === 'data' ? data : data.data;
  return { data: wrapped ? value.value : value, ...more };
}
