import type { WorkflowInboundCallsInterceptor } from '@temporalio/workflow';
import { MESSAGE_SIGNAL, QUESTIONS_HEADER } from '../contract/contract';
import { readSeenQuestions } from '../contract/seen-questions';

/** By the argument of the signal, which interceptors hand on as it is. */
const seen = new WeakMap<object, string[]>();

/** Keeps which questions the bridge saw open when it took a client's message. */
export const questionHeaders: WorkflowInboundCallsInterceptor = {
  async handleSignal(input, next) {
    const [raw] = input.args;
    if (input.signalName === MESSAGE_SIGNAL && typeof raw === 'object' && raw !== null) {
      const ids = readSeenQuestions(input.headers[QUESTIONS_HEADER]);
      if (ids !== undefined) seen.set(raw, ids);
    }
    await next(input);
  },
};

/** IDs of the questions that were open when the message was sent; undefined when that was not told. */
export function seenQuestions(raw: unknown): string[] | undefined {
  return typeof raw === 'object' && raw !== null ? seen.get(raw) : undefined;
}
