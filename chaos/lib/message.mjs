import { randomUUID } from 'node:crypto';

export function textMessage(text, more = {}) {
  return { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...more };
}

/** The text of all pieces of an artifact, in the order of the events. */
export function artifactText(events, artifactId) {
  let text = '';
  for (const { data } of events) {
    const { artifact, append } = data.artifactUpdate ?? {};
    if (artifact?.artifactId !== artifactId) continue;
    const piece = artifact.parts.map((part) => part.text ?? '').join('');
    text = append === true ? text + piece : piece;
  }
  return text;
}

/** What a node says of a task that makes no progress is no event of the task: such messages have IDs of version 5. */
export function isNotice({ data }) {
  const { state, message } = data.statusUpdate?.status ?? {};
  return /WORKING|SUBMITTED/.test(state) && message?.messageId[14] === '5';
}

/** The texts of all status messages, in order. */
export function statusTexts(events) {
  return events.flatMap(({ data }) => data.statusUpdate?.status.message?.parts[0]?.text ?? []);
}
