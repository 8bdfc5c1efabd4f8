import type { Context } from '@temporalio/activity';
import { readEvents, resetIn } from '../../bridge/runs';
import { type ExecutionRef, TemporalCalls } from '../../bridge/temporal-calls';

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
    if (isOpen(name)) {
      return !(run.raw.pendingActivities ?? []).some(({ activityId }) => activityId === info.activityId);
    }
    if (name !== 'TERMINATED') return true;
    const latest = await client.workflow.getHandle(workflowId).describe();
    if (latest.runId === runId || !isOpen(latest.status.name)) return true;
    return !(await isTakenOver(
      new TemporalCalls(client),
      { workflowId, runId: latest.runId },
      info.activityId,
    ));
  } catch {
    // Whoever waits may find the task again; a task that is cancelled is lost.
    return false;
  }
}

function isOpen(status: string): boolean {
  return status === 'RUNNING' || status === 'PAUSED';
}

/**
 * Whether a reset has put this run in the place of the activity's, and it has the activity, too: that sends the same
 * message and finds the same task. What a run schedules behind the reset point sends messages of its own.
 */
async function isTakenOver(
  calls: TemporalCalls,
  run: Required<ExecutionRef>,
  activityId: string,
): Promise<boolean> {
  let isScheduled = false;
  for await (const event of readEvents(calls, run)) {
    if (event.activityTaskScheduledEventAttributes?.activityId === activityId) isScheduled = true;
    if (resetIn(event)?.newRunId === run.runId) return isScheduled;
  }
  return false;
}
