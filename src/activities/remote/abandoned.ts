import type { Context } from '@temporalio/activity';

/**
 * Whether nobody waits for what an activity does: its workflow has ended, or has given the activity up. Temporal
 * tells an attempt of that as little as it tells one that another attempt has replaced.
 */
export async function isAbandoned({ client, info }: Context): Promise<boolean> {
  const { workflowId, runId } = info.workflowExecution ?? {};
  if (workflowId === undefined) return false;
  try {
    const run = await client.workflow.getHandle(workflowId, runId).describe();
    const { name } = run.status;
    if (name === 'RUNNING' || name === 'PAUSED') {
      return !(run.raw.pendingActivities ?? []).some(({ activityId }) => activityId === info.activityId);
    }
    if (name !== 'TERMINATED') return true;
    // A reset ends a run, too: the next one sends the same message and finds the same task.
    const latest = await client.workflow.getHandle(workflowId).describe();
    return latest.runId === runId || latest.status.name !== 'RUNNING';
  } catch {
    // Whoever waits may find the task again; a task that is cancelled is lost.
    return false;
  }
}
