import { setTimeout as sleep } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import { TaskNotCancelableError } from '../a2a/errors';
import { isTerminal } from '../a2a/task-update';
import type { Task } from '../a2a/types';
import { CANCEL_REASON } from './projection';
import type { TaskFollower } from './task-follower';
import type { TaskQueues } from './task-queues';
import type { CurrentTask } from './task-reader';
import {
  type DescribedExecution,
  type ExecutionRef,
  fromTemporal,
  GRPC,
  isGrpcError,
  type TemporalCalls,
} from './temporal-calls';
import type { CallContext } from './types';

/**
 * Time in ms that a workflow has to end after its cancellation before the caller is told how it stands; some
 * clients give up after 5 s without a byte.
 */
const CANCEL_WAIT_MS = 4_000;

/** Time in ms that Temporal has to tell of an end that it has confirmed. */
const END_WAIT_MS = 500;

const { PENDING_WORKFLOW_TASK_STATE_SCHEDULED } = temporal.api.enums.v1.PendingWorkflowTaskState;
const { WORKFLOW_EXECUTION_STATUS_RUNNING, WORKFLOW_EXECUTION_STATUS_PAUSED } =
  temporal.api.enums.v1.WorkflowExecutionStatus;

export interface CancellerOptions {
  calls: TemporalCalls;
  follower: TaskFollower;
  queues: TaskQueues;
  /** The Task as it is, for a caller that may see it. */
  currentTask: CurrentTask;
}

/**
 * Cancel Task (specification section 3.1.5): Temporal's cancellation, which the workflow hears and ends by.
 *
 * A workflow that no worker has begun may never hear it. As long as no worker has completed a workflow task of it,
 * nothing was done that would need an end in good order: it is terminated, with a reason that makes the task
 * TASK_STATE_CANCELED. A worker that comes while that happens finds the cancellation in its first workflow task, or
 * has its work refused.
 */
export class Canceller {
  constructor(private readonly options: CancellerOptions) {}

  /** @throws TaskNotFoundError, TaskNotCancelableError */
  async cancel(id: string, call: CallContext): Promise<Task> {
    const { currentTask } = this.options;
    const task = await currentTask(id, call, 0);
    if (isTerminal(task.status.state)) throw notCancelable(task);
    try {
      await this.request({ workflowId: id });
    } catch (error) {
      if (!isGrpcError(error, GRPC.NOT_FOUND)) throw fromTemporal(error);
      throw notCancelable(await currentTask(id, call));
    }
    const ended = await this.awaitEnd(id, call).catch((error: unknown) => {
      throw fromTemporal(error);
    });
    const canceled = ended.status.state === 'TASK_STATE_CANCELED';
    if (isTerminal(ended.status.state) && !canceled) throw notCancelable(ended);
    return ended;
  }

  private async request(execution: ExecutionRef): Promise<void> {
    const { calls } = this.options;
    await calls.call((service) =>
      service.requestCancelWorkflowExecution({
        namespace: calls.namespace,
        workflowExecution: execution,
        reason: 'CancelTask',
        identity: calls.client.options.identity,
      }),
    );
  }

  /** The Task when it has ended, or as it is when that takes too long. */
  private async awaitEnd(id: string, call: CallContext): Promise<Task> {
    const steps = await this.options.follower.follow(id, { from: 'now' });
    const stop = new AbortController();
    void this.hasten(id, stop.signal)
      .catch(() => {})
      .then(() => steps.return?.());
    try {
      for await (const step of steps) if (step.ended) return step.task;
      return await this.options.currentTask(id, call);
    } finally {
      stop.abort();
      await steps.return?.();
    }
  }

  /** Resolves when there is nothing more to wait for. */
  private async hasten(id: string, signal: AbortSignal): Promise<void> {
    const pause = (ms: number) => sleep(ms, undefined, { signal });
    const terminated = await this.endUnbegun(id, false).catch(() => false);
    await pause(CANCEL_WAIT_MS);
    if (!terminated && (await this.endUnbegun(id, true))) await pause(END_WAIT_MS);
  }

  /**
   * Terminates a workflow that no worker has begun, unless one probably will. Whether it has done so.
   * @param waited a worker has had the time to take it, if there is one
   */
  private async endUnbegun(id: string, waited: boolean): Promise<boolean> {
    const { calls } = this.options;
    const described = await calls.describe({ workflowId: id });
    const { runId } = described.workflowExecutionInfo?.execution ?? {};
    if (!runId || this.isBegun(id, described) || !(await this.isIdle(id, described, waited))) return false;
    try {
      await calls.call((service) =>
        service.terminateWorkflowExecution({
          namespace: calls.namespace,
          workflowExecution: { workflowId: id, runId },
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

  /** Temporal notes who has completed the first workflow task of a run, in the attribute by which lists tell them apart. */
  private isBegun(id: string, { workflowExecutionInfo: info }: DescribedExecution): boolean {
    return (
      this.options.follower.followed(id)?.begun !== false ||
      info?.searchAttributes?.indexedFields?.BuildIds !== undefined
    );
  }

  /** Whether no worker is at its first workflow task, nor about to take it. */
  private async isIdle(
    id: string,
    { workflowExecutionInfo: info, pendingWorkflowTask: pending }: DescribedExecution,
    waited: boolean,
  ): Promise<boolean> {
    if (info?.status === WORKFLOW_EXECUTION_STATUS_PAUSED) return true;
    if (info?.status !== WORKFLOW_EXECUTION_STATUS_RUNNING || !pending) return false;
    // It has failed before, and will again; what is new in the history, such as the cancellation, begins the count anew.
    if ((pending.attempt ?? 1) > 1 || this.options.follower.followed(id)?.failing === true) return true;
    if (pending.state !== PENDING_WORKFLOW_TASK_STATE_SCHEDULED) return false;
    return waited || !(await this.options.queues.isPolled(info.taskQueue ?? ''));
  }
}

function notCancelable(task: Task): TaskNotCancelableError {
  return new TaskNotCancelableError({
    message: `Task ${task.id} cannot be canceled: it has ended as ${task.status.state}`,
    metadata: { taskId: task.id },
  });
}
