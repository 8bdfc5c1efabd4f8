import { proxyActivities } from '@temporalio/workflow';
import type { TaskState } from '../a2a/types';
import type { FollowedChild } from '../contract/agent-call';

/** The activity that reads why a called task was ended from outside, or makes no progress. */
export interface ExplainActivities {
  explainTask(child: FollowedChild): Promise<{ state?: TaskState; text: string } | null>;
}

/** Type of the failure of an activity that the worker does not have. */
export const NOT_REGISTERED = 'NotFoundError';

/** Undefined when there is no reason, or none can be found out. */
export async function explainEnd(taskId: string): Promise<{ state?: TaskState; text: string } | undefined> {
  const { explainTask } = proxyActivities<ExplainActivities>({
    startToCloseTimeout: '10 seconds',
    scheduleToCloseTimeout: '20 seconds',
    retry: { maximumAttempts: 3, nonRetryableErrorTypes: [NOT_REGISTERED] },
    summary: 'Why the called task does not go on',
  });
  try {
    return (await explainTask({ taskId })) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Why what was cancelled had not ended by itself, by the error of the cancellation. */
const reasons = new WeakMap<object, string>();

export function noteReason(error: unknown, reason: string): void {
  if (typeof error === 'object' && error !== null) reasons.set(error, reason);
}

/** See {@link noteReason}. */
export function reasonOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? reasons.get(error) : undefined;
}
