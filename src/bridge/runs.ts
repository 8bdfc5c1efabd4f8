import { temporal } from '@temporalio/proto';
import type { Position } from './position';
import { taskNotFound } from './task-not-found';
import { type ExecutionRef, type HistoryEvent, type TemporalCalls, tokenOf } from './temporal-calls';

const { WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW } = temporal.api.enums.v1.WorkflowTaskFailedCause;

/** Who terminates a workflow that Temporal itself ends, as for a result that is too large. */
export const TEMPORAL_IDENTITY = 'history-service';

/** What Temporal writes when a running workflow is deleted, shortly before its history is gone. */
const DELETION = { reason: 'Delete workflow execution', identity: TEMPORAL_IDENTITY };

/** Who terminates a run that is reset, as Temporal writes it. */
const RESETTER = 'history-resetter';

/** A run of a task. Each has a history of its own. */
export interface Run {
  runId: string;
  /**
   * Set when a reset has put the run in the place of the one before: the number of its events by then. The first of
   * them are those of the run that was reset, up to the one that {@link resetIn} knows.
   */
  heldAtReset?: number;
}

/**
 * The reset that this event tells of, in the history of the new run: Temporal copies the events before the reset point,
 * and lets the workflow task there fail.
 */
export function resetIn(event: HistoryEvent): { oldRunId: string; newRunId: string } | undefined {
  const { cause, baseRunId, newRunId } = event.workflowTaskFailedEventAttributes ?? {};
  if (cause !== WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW || !baseRunId || !newRunId) return undefined;
  return { oldRunId: baseRunId, newRunId };
}

/**
 * The run that goes on with the task when this one was terminated because of a reset; undefined when somebody has
 * terminated the task. Temporal ends the one and starts the other at once, so there is nothing to wait for.
 *
 * @param firstRunId of the run that was terminated; another workflow with the same ID is another task
 * @throws TaskNotFoundError when the workflow is being deleted; gRPC NOT_FOUND when it was
 */
export async function runAfterTermination(
  calls: TemporalCalls,
  workflowId: string,
  run: { runId: string; firstRunId: string | undefined },
  event: HistoryEvent,
): Promise<Run | undefined> {
  const { reason, identity } = event.workflowExecutionTerminatedEventAttributes ?? {};
  if (reason === DELETION.reason && identity === DELETION.identity) throw taskNotFound(workflowId);
  const current = await calls.describeRun({ workflowId });
  if (current.runId === run.runId) return undefined;
  const first = await readFirstEvent(calls, { workflowId, runId: current.runId });
  const { firstExecutionRunId } = first?.workflowExecutionStartedEventAttributes ?? {};
  if (firstExecutionRunId !== run.firstRunId) return undefined;
  return { runId: current.runId, heldAtReset: current.historyLength };
}

/** The way from a place in the histories of a task to its current run. */
export interface Way {
  /** The place, in the first of the runs. */
  position: Position;
  runIds: string[];
}

/**
 * Undefined when no way leads to the current run: a reset has undone what happened before the position. A position
 * before the reset point is one in the new run as well, whose history has the same events there.
 *
 * @throws gRPC NOT_FOUND when a run is not there (any more)
 */
export async function wayToRun(
  calls: TemporalCalls,
  workflowId: string,
  from: Position,
  currentRunId: string,
): Promise<Way | undefined> {
  const runIds: string[] = [];
  let position = from;
  let { runId } = from;
  while (runId !== currentRunId) {
    const { resetRunId } = await calls.describeRun({ workflowId, runId });
    if (resetRunId !== undefined) {
      if (runIds.length === 0) {
        if (position.eventId >= (await resetPoint(calls, workflowId, resetRunId))) return undefined;
        position = { ...position, runId: resetRunId };
      }
      runId = resetRunId;
    } else {
      const next = nextRunId(await calls.readClosingEvent({ workflowId, runId }));
      if (next === undefined) return undefined;
      runIds.push(runId);
      runId = next;
    }
  }
  return { position, runIds: [...runIds, runId] };
}

/** The event of a run before which its history is that of the run that was reset. */
async function resetPoint(calls: TemporalCalls, workflowId: string, runId: string): Promise<number> {
  for await (const event of readEvents(calls, { workflowId, runId })) {
    if (resetIn(event)?.newRunId === runId) return Number(event.eventId);
  }
  return 0;
}

export function isTerminatedByReset(closing: HistoryEvent): boolean {
  return closing.workflowExecutionTerminatedEventAttributes?.identity === RESETTER;
}

/** The run that follows by continue-as-new, a retry or a schedule. */
export function nextRunId(closing: HistoryEvent | undefined): string | undefined {
  const attributes =
    closing?.workflowExecutionContinuedAsNewEventAttributes ??
    closing?.workflowExecutionCompletedEventAttributes ??
    closing?.workflowExecutionFailedEventAttributes ??
    closing?.workflowExecutionTimedOutEventAttributes;
  return attributes?.newExecutionRunId || undefined;
}

/** Every event of a run as it is now, page by page. */
export async function* readEvents(
  calls: TemporalCalls,
  execution: ExecutionRef,
): AsyncGenerator<HistoryEvent> {
  let token: Uint8Array | undefined;
  do {
    const page = await calls.readHistory(execution, token);
    yield* page.history?.events ?? [];
    token = tokenOf(page);
  } while (token !== undefined);
}

export async function readFirstEvent(
  calls: TemporalCalls,
  execution: ExecutionRef,
): Promise<HistoryEvent | undefined> {
  const page = await calls.readHistory(execution, undefined, 1);
  return page.history?.events?.[0];
}
