import { isInterrupted } from '../../a2a/task-update';
import type { Artifact, Message, Part, Task } from '../../a2a/types';
import { joinedTexts, saySomething } from './growth';
import { hashId } from './wire/answers';

/**
 * Where an agent has put its answer: not all use the status message or an artifact. Some leave it in the history, and
 * some have only said it while they worked.
 */

/** The artifact that holds an answer which was in none. */
const ANSWER_ARTIFACT = 'answer';

/** Whether a stopped task says what the agent has answered, so that nothing has to be looked for. */
export function saysAnswer(task: Task, messageId: string): boolean {
  return holdsAnswer(task) || saidInHistory(task, messageId).length > 0;
}

/** The answer is in the status message, or of a completed task in an artifact. */
function holdsAnswer({ status, artifacts = [] }: Task): boolean {
  if (saySomething(status.message?.parts)) return true;
  return status.state === 'TASK_STATE_COMPLETED' && artifacts.some(({ parts }) => saySomething(parts));
}

/**
 * The stopped task with the agent's answer in its place: of a completed task in an artifact, of any other in the
 * status message. It is taken from the history; else from what the agent said while it worked; and a question may be
 * in an artifact, too.
 * @param messageId of the message that is answered
 * @param whileWorking the messages of its working task, oldest first
 */
export function withAnswer(task: Task, messageId: string, whileWorking: readonly Message[]): Task {
  const artifacts = task.artifacts?.filter(({ parts }) => parts.length > 0);
  const shown: Task = artifacts === undefined ? task : { ...task, artifacts };
  if (holdsAnswer(shown)) return shown;
  const said =
    [saidInHistory(task, messageId), lastSaid(whileWorking)].find(({ length }) => length > 0) ?? [];
  const asked = isInterrupted(task.status.state) ? artifacts?.at(-1) : undefined;
  const parts = said.length > 0 ? partsOf(said) : (asked?.parts ?? []);
  if (parts.length === 0) return shown;
  if (task.status.state === 'TASK_STATE_COMPLETED') {
    const answer: Artifact = { artifactId: ANSWER_ARTIFACT, parts };
    return { ...shown, artifacts: [...(artifacts ?? []), answer] };
  }
  const message: Message = {
    messageId: said.at(-1)?.messageId ?? hashId(parts),
    taskId: task.id,
    contextId: task.contextId,
    role: 'ROLE_AGENT',
    parts,
  };
  return { ...shown, status: { ...task.status, message } };
}

/**
 * The agent's messages after the one that it answers; a history may go back to the beginning of the context. Servers
 * that give messages IDs of their own leave the client's last one to go by.
 */
function saidInHistory({ id, history = [] }: Task, messageId: string): Message[] {
  const own = history.findLastIndex((message) => message.messageId === messageId);
  const from = own >= 0 ? own : history.findLastIndex(({ role }) => role === 'ROLE_USER');
  return history.slice(from + 1).filter(({ role, taskId = id, parts }) => {
    return role === 'ROLE_AGENT' && taskId === id && saySomething(parts);
  });
}

/** The last message, or all of a text that came in pieces. */
function lastSaid(messages: readonly Message[]): readonly Message[] {
  const said = messages.filter(({ parts }) => saySomething(parts));
  return isInPieces(said) ? said : said.slice(-1);
}

/** The parts of several messages, in which a text that came in pieces is whole again. */
export function partsOf(messages: readonly Message[]): Part[] {
  const parts = messages.flatMap((message) => message.parts);
  return isInPieces(messages) ? joinedTexts(parts) : parts;
}

/** Whether messages are the pieces of one text, as models make it: one of them goes on in the middle of a sentence. */
function isInPieces(messages: readonly Message[]): boolean {
  return messages.some((message, index) => {
    const before = messages[index - 1];
    return before !== undefined && goesOn(before, message);
  });
}

const GOES_ON = /^[\s\p{Ll},.;:!?)\]}]/u;

/** Writing without spaces, such as Chinese. */
const UNSPACED_END = /[\p{Lo}、，]$/u;
const UNSPACED_START = /^[\p{Lo}、，。！？]/u;

function goesOn(before: Message, after: Message): boolean {
  if (before.messageId === after.messageId) return true;
  const last = before.parts.at(-1)?.text;
  const first = after.parts[0]?.text;
  if (last === undefined || first === undefined) return false;
  return /\s$/.test(last) || GOES_ON.test(first) || (UNSPACED_END.test(last) && UNSPACED_START.test(first));
}
