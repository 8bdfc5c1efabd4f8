import { HistoryFold } from './history-fold';
import type { HistoryStep } from './history-step';
import { type Run, readEvents } from './runs';
import type { ExecutionRef, HistoryEvent, TemporalCalls } from './temporal-calls';

/**
 * The steps of a run as it is now.
 * @param runId when it is known; otherwise it is the current run
 * @throws gRPC NOT_FOUND when the run is not there (any more)
 */
export async function* readRun(
  calls: TemporalCalls,
  { workflowId }: ExecutionRef,
  fold: HistoryFold,
  run?: Run,
): AsyncGenerator<HistoryStep> {
  if (run !== undefined) fold.enter(run);
  const execution: ExecutionRef = { workflowId, ...(run !== undefined && { runId: run.runId }) };
  let event: HistoryEvent | undefined;
  for await (const next of readEvents(calls, execution)) {
    if (event !== undefined) yield* await fold.step(event, next);
    event = next;
  }
  if (event !== undefined) yield* await fold.step(event);
}

/** The task as the history of its current run tells it, and of those that have followed meanwhile. */
export async function foldHistory(calls: TemporalCalls, execution: ExecutionRef): Promise<HistoryFold> {
  const fold = new HistoryFold(calls, execution.workflowId);
  let run: Run | undefined;
  do {
    for await (const _ of readRun(calls, execution, fold, run));
    run = fold.next;
  } while (run !== undefined);
  return fold;
}
