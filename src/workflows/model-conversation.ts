import { ApplicationFailure } from '@temporalio/workflow';
import { bytesOfTokens, estimateTokens, type ModelMessage } from '../contract/model-call';

/** A conversation in the order in which a model reads it. */
export interface Conversation {
  /** Earlier tasks of the context. */
  memory: ModelMessage[];
  /** This task, from the message that made it. */
  messages: ModelMessage[];
}

/**
 * The conversation cut to a budget of tokens. The message that made the task stays; of what follows it, the latest
 * turns stay, whole; earlier tasks have what is left, the latest first.
 * @throws ApplicationFailure, not retryable, when not even the latest turn fits
 */
export function cutToBudget({ memory, messages }: Conversation, tokens: number): Conversation {
  const [first, ...rest] = messages;
  if (first === undefined) return { memory: [], messages: [] };
  const left = tokens - estimateTokens(first);
  const turns = split(rest, ({ role }) => role !== 'tool');
  const latest = takeLatest(turns, left);
  if (left < 0 || (turns.length > 0 && latest.taken.length === 0)) {
    throw ApplicationFailure.nonRetryable(
      `The conversation no longer fits into contextTokens: ${estimateTokens([first, ...(turns.at(-1) ?? [])])} tokens are needed for its first and its latest message, ${tokens} are left beside the system prompt and the tools`,
      'MODEL_CONTEXT_TOO_LARGE',
    );
  }
  const exchanges = split(memory, ({ role }) => role === 'user');
  const remembered = latest.taken.length === turns.length ? takeLatest(exchanges, latest.left).taken : [];
  return { memory: remembered.flat(), messages: [first, ...latest.taken.flat()] };
}

/** The text, or as much of its beginning as the tokens allow and a note that it was cut. */
export function cutText(text: string, tokens: number): string {
  if (estimateTokens(text) <= tokens) return text;
  const note = `… [cut: ${text.length} characters in all]`;
  let length = Math.max(0, Math.min(text.length, bytesOfTokens(tokens)) - note.length);
  while (length > 0 && estimateTokens(text.slice(0, length) + note) > tokens)
    length = Math.floor(length * 0.9);
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '') + note;
}

/** Groups that each begin where `begins` says so. */
function split(
  messages: readonly ModelMessage[],
  begins: (message: ModelMessage) => boolean,
): ModelMessage[][] {
  const groups: ModelMessage[][] = [];
  for (const message of messages) {
    const group = groups.at(-1);
    if (group === undefined || begins(message)) groups.push([message]);
    else group.push(message);
  }
  return groups;
}

function takeLatest(groups: ModelMessage[][], tokens: number): { taken: ModelMessage[][]; left: number } {
  let left = tokens;
  let from = groups.length;
  while (from > 0) {
    const cost = estimateTokens(groups[from - 1]);
    if (cost > left) break;
    left -= cost;
    from -= 1;
  }
  return { taken: groups.slice(from), left };
}
