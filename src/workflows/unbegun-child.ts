import { proxyActivities } from '@temporalio/workflow';
import type { FollowedChild } from '../contract/agent-call';
import { NOT_REGISTERED } from './explained-end';

/** The activity that ends a cancelled task that no worker has begun. */
export interface UnbegunActivities {
  endUnbegunTask(child: FollowedChild): Promise<void>;
}

/** Does nothing to a task that a worker has begun. A worker without the activity leaves the task as it is. */
export async function endUnbegun(taskId: string): Promise<void> {
  const { endUnbegunTask } = proxyActivities<UnbegunActivities>({
    startToCloseTimeout: '15 seconds',
    scheduleToCloseTimeout: '25 seconds',
    retry: { maximumAttempts: 3, nonRetryableErrorTypes: [NOT_REGISTERED] },
    summary: 'Ends the called task if no worker has begun it',
  });
  await endUnbegunTask({ taskId }).catch(() => {});
}
