import { ApplicationFailure } from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { textOf } from '../a2a/parts';
import type { Task } from '../a2a/types';
import { CALL_FAILURES, type CallFailureDetails, type RemoteAnswer } from '../contract/agent-call';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../contract/limits';

/** A failed call: what became of the task that was called. */
export type CallFailure = ApplicationFailure & { details: [CallFailureDetails] };

/** Whether an error came from a called agent's task; then its details tell of that task. */
export function isCallFailure(error: unknown): error is CallFailure {
  const types: readonly (string | null | undefined)[] = Object.values(CALL_FAILURES);
  return error instanceof ApplicationFailure && types.includes(error.type) && isObject(error.details?.[0]);
}

/** The answer of a task that has completed. @throws ApplicationFailure of a type in CALL_FAILURES for any other */
export function finished(agent: string, answer: RemoteAnswer): RemoteAnswer {
  if (answer.task === undefined || answer.task.status.state === 'TASK_STATE_COMPLETED') return answer;
  throw callFailure(agent, answer.task);
}

/** Tells what has become of the task. */
export function callFailure(agent: string, task: Task): ApplicationFailure {
  const { state, message } = task.status;
  const said = message === undefined ? `its task ended as ${state}` : textOf(message);
  const name = /^https?:/i.test(agent) ? 'The remote agent' : agent;
  const details: CallFailureDetails = { agent, task };
  const fits = payloadBytes(details) <= MAX_PAYLOAD_BYTES / 4;
  const { artifacts: _, history: __, ...bare } = task;
  return ApplicationFailure.nonRetryable(
    `${name}: ${said}`,
    state in CALL_FAILURES
      ? CALL_FAILURES[state as keyof typeof CALL_FAILURES]
      : CALL_FAILURES.TASK_STATE_FAILED,
    fits ? details : { agent, task: bare },
  );
}
