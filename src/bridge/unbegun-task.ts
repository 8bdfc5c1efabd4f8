import { temporal } from '@temporalio/proto';
import type { HistoryFold } from './history-fold';
import { CANCEL_REASON } from './projection';
import type { TaskQueues } from './task-queues';
import { type DescribedExecution, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';

const { PENDING_WORKFLOW_TASK_STATE_SCHEDULED } = temporal.api.enums.v1.PendingWorkflowTaskState;
const { WORKFLOW_EXECUTION_STATUS_RUNNING, WORKFLOW_EXECUTION_STATUS_PAUSED } =
  temporal.api.enums.v1.WorkflowExecutionStatus;

/** What the history of the task tells. */
type Seen = Pick<HistoryFold, 'begun' | 'failing'>;

export interface UnbegunTaskOptions {
  calls: TemporalCalls;
  queues: TaskQueues;
  /** What was read of the task's history; undefined when that is not known. */
  seen(taskId: string): Seen | undefined | Promise<Seen | undefined>;
}

/**
 * Ends cancelled tasks that no worker has begun, and that may never hear of their cancellation. As long as no worker
 * has completed a workflow task, nothing was done that would need an end in good order: the workflow is terminated,
 * with a reason that makes the task TASK_STATE_CANCELED. A worker that comes while that happens finds the
 * cancellation in its first workflow task, or has its work refused.
 */
export class UnbegunTasks {
  constructor(private readonly options: UnbegunTaskOptions) {}

  /**
   * Terminates a workflow that no worker has begun, unless one probably will. Whether it has done so.
   * @param waited a worker has had the time to take it, if there is one
   */
  async end(taskId: string, waited: boolean): Promise<boolean> {
    const { calls } = this.options;
    const described = await calls.describe({ workflowId: taskId });
    const { runId } = described.workflowExecutionInfo?.execution ?? {};
    if (!runId || hasWorker(described)) return false;
    const seen = await this.options.seen(taskId);
    if (seen?.begun !== false || !(await this.isIdle(seen, described, waited))) return false;
    try {
      await calls.call((service) =>
        service.terminateWorkflowExecution({
          namespace: calls.namespace,
          workflowExecution: { workflowId: taskId, runId },
          reason: CANCEL_REASON,
          identity: calls.client.options.identity,
        }),
      );
    } catch (error) {
      // A worker has come, and has ended it.
      if (!isGrpcError(error, GRPC.NOT_FOUND)) throw error;
    }
    return true;
  }

  /** Whether no worker is at its first workflow task, nor about to take it. */
  private async isIdle(
    { failing }: Seen,
    { workflowExecutionInfo: info, pendingWorkflowTask: pending }: DescribedExecution,
    waited: boolean,
  ): Promise<boolean> {
    if (info?.status === WORKFLOW_EXECUTION_STATUS_PAUSED) return true;
    if (info?.status !== WORKFLOW_EXECUTION_STATUS_RUNNING || !pending) return false;
    // It has failed before, and will again; what is new in the history, such as the cancellation, begins the count anew.
    if ((pending.attempt ?? 1) > 1 || failing) return true;
    if (pending.state !== PENDING_WORKFLOW_TASK_STATE_SCHEDULED) return false;
    return waited || !(await this.options.queues.isPolled(info.taskQueue ?? ''));
  }
}

/** Temporal notes who has completed the first workflow task of a run, in the attribute by which lists tell them apart. */
function hasWorker({ workflowExecutionInfo: info }: DescribedExecution): boolean {
  return info?.searchAttributes?.indexedFields?.BuildIds !== undefined;
}
