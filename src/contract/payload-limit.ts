import { ApplicationFailure } from '@temporalio/common';
import type { RemoteAnswer } from './agent-call';
import { MAX_PAYLOAD_BYTES, payloadBytes, tooLarge } from './limits';

/**
 * Ends the task, instead of letting the worker retry for ever what Temporal will always refuse.
 * @returns its size, in bytes of JSON
 * @throws ApplicationFailure, not retryable, that names what is too large, its size and the limit
 */
export function assertPayloadFits(value: unknown, what: string): number {
  const bytes = payloadBytes(value);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw ApplicationFailure.nonRetryable(tooLarge(what, bytes), 'A2A_PAYLOAD_TOO_LARGE');
  }
  return bytes;
}

/**
 * The answer of an agent as the result of a workflow or activity: without the Task's history when only that makes it
 * too large.
 * @throws as {@link assertPayloadFits}
 */
export function fittingAnswer(answer: RemoteAnswer): RemoteAnswer {
  if (answer.task?.history === undefined || payloadBytes(answer) <= MAX_PAYLOAD_BYTES) {
    assertPayloadFits(answer, "the agent's answer");
    return answer;
  }
  const { history: _, ...task } = answer.task;
  assertPayloadFits({ task }, "the agent's answer");
  return { task };
}
