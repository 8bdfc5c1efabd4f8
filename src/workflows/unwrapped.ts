import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

/**
 * What made an activity fail, as a failure of the workflow's own: workflows in other languages do not look for it
 * below the failure of an activity that is not theirs. Any other error stays as it is.
 */
export function unwrapped(error: unknown): unknown {
  if (!(error instanceof ActivityFailure)) return error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) {
    const { message, type, details } = cause;
    return ApplicationFailure.nonRetryable(message, type, ...(details ?? []));
  }
  if (!(cause instanceof TimeoutFailure)) return error;
  return ApplicationFailure.nonRetryable(
    `The call has not ended in time: ${cause.message}`,
    'A2A_REMOTE_TIMEOUT',
  );
}
