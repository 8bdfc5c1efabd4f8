import type { Context } from '@temporalio/activity';

/**
 * Whether the result of an activity is not needed any more: its workflow has ended, or has given the activity up.
 * Temporal does not tell an attempt so, nor that another attempt has replaced it.
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
