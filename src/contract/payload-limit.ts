import { ApplicationFailure } from '@temporalio/common';
import type { RemoteAnswer } from './agent-call';
import { MAX_PAYLOAD_BYTES, payloadBytes, tooLarge } from './limits';

/**
 * Ends the task, instead of letting the worker retry for ever what Temporal will always refuse.
 * @returns its size, in bytes of JSON
 * @throws ApplicationFailure, not retryable, that names what is too large, its size and the limit
 */
export function assertPayloadFits(value: unknown, what: string, max = MAX_PAYLOAD_BYTES): number {
  const bytes = payloadBytes(value);
  if (bytes > max) {
    throw ApplicationFailure.nonRetryable(tooLarge(what, bytes, { max }), 'A2A_PAYLOAD_TOO_LARGE');
  }
  return bytes;
}

/**
 * The answer of an agent as the result of a workflow or activity: without the Task's history when only that makes it
 * too large.
 * @throws as {@link assertPayloadFits}
 */
export function fittingAnswer(answer: RemoteAnswer, max: number): RemoteAnswer {
  if (answer.task?.history === undefined || payloadBytes(answer) <= max) {
    assertPayloadFits(answer, "the agent's answer", max);
    return answer;
  }
  const { history: _, ...task } = answer.task;
  assertPayloadFits({ task }, "the agent's answer", max);
  return { task };
}
