import type { Message, Struct, Task } from '../a2a/types';
import { payloadBytes } from './limits';

/**
 * Memo field of a task's workflow: what a list shows of the task beside its state, so that it need not read the
 * history. Visibility returns the memo with each workflow.
 */
export const SUMMARY_MEMO = 'a2a_summary';

/** Of each message, what does not follow from the task. */
export interface MemoSummary {
  history: Omit<Message, 'taskId' | 'contextId'>[];
  metadata?: Struct;
}

/** Largest summary in bytes of JSON; of a larger task a list reads the history. */
const MAX_BYTES = 4_000;

/**
 * The same of the memo of a start: the SDK warns of one with more than 2,048 bytes (TMPRL1103), in which the names and
 * encodings of the fields count, and the field of the dialect.
 */
const MAX_START_BYTES = 1_800;

/** Undefined when it would be too large. */
export function memoSummary(
  { history = [], metadata }: Pick<Task, 'history' | 'metadata'>,
  maxBytes = MAX_BYTES,
): MemoSummary | undefined {
  const summary: MemoSummary = {
    history: history.map(({ taskId: _, contextId: __, ...message }) => message),
    ...(metadata !== undefined && { metadata }),
  };
  return payloadBytes(summary) <= maxBytes ? summary : undefined;
}

/** The memo that a task's workflow is started with. */
export function startMemo(message: Message): { [SUMMARY_MEMO]?: MemoSummary } {
  const summary = memoSummary({ history: [message] }, MAX_START_BYTES);
  return summary === undefined ? {} : { [SUMMARY_MEMO]: summary };
}
