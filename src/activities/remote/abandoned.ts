import type { Context } from '@temporalio/activity';
import { temporal } from '@temporalio/proto';
import { readEvents, resetIn } from '../../bridge/runs';
import { type ExecutionRef, TemporalCalls } from '../../bridge/temporal-calls';

type Status = temporal.api.workflow.v1.IWorkflowExecutionInfo['status'];

const {
  WORKFLOW_EXECUTION_STATUS_PAUSED,
  WORKFLOW_EXECUTION_STATUS_RUNNING,
  WORKFLOW_EXECUTION_STATUS_TERMINATED,
} = temporal.api.enums.v1.WorkflowExecutionStatus;

/**
 * Whether the result of an activity is not needed any more: its workflow has ended, or has given the activity up.
 * Temporal does not tell an attempt so, nor that another attempt has replaced it.
 */
export async function isAbandoned({ client, info }: Context): Promise<boolean> {
  const { workflowId, runId } = info.workflowExecution ?? {};
  if (workflowId === undefined) return false;
  try {
    // The SDK's describe() would decode what it tells, and get it from external storage.
    const calls = new TemporalCalls(client);
    const run = await calls.describe({ workflowId, ...(runId !== undefined && { runId }) });
    const { status } = run.workflowExecutionInfo ?? {};
    if (isOpen(status)) {
      return !(run.pendingActivities ?? []).some(({ activityId }) => activityId === info.activityId);
    }
    if (status !== WORKFLOW_EXECUTION_STATUS_TERMINATED) return true;
    const { workflowExecutionInfo: latest } = await calls.describe({ workflowId });
    const latestId = latest?.execution?.runId ?? '';
    if (latestId === runId || !isOpen(latest?.status)) return true;
    return !(await isTakenOver(calls, { workflowId, runId: latestId }, info.activityId));
  } catch {
    // Whoever waits may find the task again; a task that is cancelled is lost.
    return false;
  }
}

function isOpen(status: Status): boolean {
  return status === WORKFLOW_EXECUTION_STATUS_RUNNING || status === WORKFLOW_EXECUTION_STATUS_PAUSED;
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
