import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import type { TaskState } from '../a2a/types';
import { Projection } from './projection';
import { isTerminatedByReset, nextRunId } from './runs';
import type { TemporalCalls } from './temporal-calls';
import { isBegun, type VisibleRun, visibleState } from './visible-task';

const {
  WORKFLOW_EXECUTION_STATUS_COMPLETED,
  WORKFLOW_EXECUTION_STATUS_FAILED,
  WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
  WORKFLOW_EXECUTION_STATUS_TERMINATED,
} = temporal.api.enums.v1.WorkflowExecutionStatus;

/** How a closed run has ended its task; `superseded` when the task has gone on in another run. */
export type RunEnd = TaskState | 'superseded';

/** Ends that one node remembers; about 200 bytes each. */
const REMEMBERED = 50_000;

/**
 * Whether the closing event of a closed run tells more than visibility: it was retried or reset, or its workflow has
 * not told its last state in `A2aState`, as those in other languages may not.
 */
export function isDoubtful({ status, plain, retried, saysEnd }: VisibleRun): boolean {
  switch (status) {
    case WORKFLOW_EXECUTION_STATUS_FAILED:
      return retried || !saysEnd;
    case WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
      return retried;
    case WORKFLOW_EXECUTION_STATUS_TERMINATED:
      return true;
    case WORKFLOW_EXECUTION_STATUS_COMPLETED:
      return !plain && !saysEnd;
    default:
      return false;
  }
}

/**
 * Whether a run that completed may have ended its task in another state: a plain workflow may return a Task, and one
 * without the interceptors of this package does not tell `A2aState` so.
 */
export function mayHaveFailed({ status, plain, saysEnd }: VisibleRun): boolean {
  return status === WORKFLOW_EXECUTION_STATUS_COMPLETED && plain && !saysEnd;
}

/** Looks at the closing events of such runs. They never change, so that each is read once. */
export class ClosedRuns {
  private readonly ends = new LRUCache<string, RunEnd>({ max: REMEMBERED });

  constructor(private readonly calls: TemporalCalls) {}

  knows({ runId }: VisibleRun): boolean {
    return this.ends.has(runId);
  }

  /** As visibility has it when the closing event cannot be read. */
  async endOf(run: VisibleRun): Promise<RunEnd> {
    const known = this.ends.get(run.runId);
    if (known !== undefined) return known;
    try {
      const end = await this.read(run);
      this.ends.set(run.runId, end);
      return end;
    } catch {
      return visibleState(run);
    }
  }

  private async read(run: VisibleRun): Promise<RunEnd> {
    const { taskId, runId } = run;
    const closing = await this.calls.readClosingEvent({ workflowId: taskId, runId });
    if (closing === undefined) return visibleState(run);
    if (nextRunId(closing) !== undefined || isTerminatedByReset(closing)) return 'superseded';
    const projection = new Projection(this.calls, { taskId, runId });
    projection.begun = isBegun(run);
    const { updates } = await projection.project(closing);
    const last = updates.findLast((update) => 'statusUpdate' in update);
    return last !== undefined && 'statusUpdate' in last ? last.statusUpdate.status.state : visibleState(run);
  }
}
