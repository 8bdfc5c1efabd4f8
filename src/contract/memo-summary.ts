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

/** Undefined when it would be too large. */
export function memoSummary({
  history = [],
  metadata,
}: Pick<Task, 'history' | 'metadata'>): MemoSummary | undefined {
  const summary: MemoSummary = {
    history: history.map(({ taskId: _, contextId: __, ...message }) => message),
    ...(metadata !== undefined && { metadata }),
  };
  return payloadBytes(summary) <= MAX_BYTES ? summary : undefined;
}

/** The memo that a task's workflow is started with. */
export function startMemo(message: Message): { [SUMMARY_MEMO]?: MemoSummary } {
  const summary = memoSummary({ history: [message] });
  return summary === undefined ? {} : { [SUMMARY_MEMO]: summary };
}
