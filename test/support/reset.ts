import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL } = temporal.api.enums.v1.ResetReapplyExcludeType;

export interface ResetOptions {
  /** Which of the run's completed workflow tasks is done again, from 0, or from the end when negative; the last unless set. */
  workflowTask?: number;
  /** The run to go back to; the current one unless set. */
  runId?: string;
  /** Signals behind the reset point are lost; otherwise the new run gets them again. */
  withoutSignals?: boolean;
}

/** What `temporal workflow reset` does. Returns the IDs of the run that was reset and of the new one. */
export async function resetWorkflow(
  client: Client,
  workflowId: string,
  { workflowTask = -1, runId, withoutSignals = false }: ResetOptions = {},
): Promise<{ oldRunId: string; newRunId: string }> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const { events } = await handle.fetchHistory();
  const completed = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const oldRunId = runId ?? (await handle.describe()).runId;
  const { runId: newRunId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId: oldRunId },
    reason: 'a test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: completed.at(workflowTask)?.eventId ?? null,
    resetReapplyExcludeTypes: withoutSignals ? [RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL] : [],
  });
  return { oldRunId, newRunId };
}

/** Resolves when the run has completed so many workflow tasks, and none is pending. */
export async function workflowTasksCompleted(
  client: Client,
  workflowId: string,
  count: number,
): Promise<boolean> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const completed = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  return completed.length >= count && raw.pendingWorkflowTask == null;
}
