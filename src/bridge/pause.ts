import type { HistoryEvent } from './temporal-calls';

/** Whether an operator has paused the workflow with this event, or has let it go on. */
export function isPauseEvent(event: HistoryEvent): boolean {
  return Boolean(
    event.workflowExecutionPausedEventAttributes ?? event.workflowExecutionUnpausedEventAttributes,
  );
}

/** What the status of a task says while its workflow is paused; undefined for the event behind which it goes on. */
export function pauseIn(event: HistoryEvent): string | undefined {
  const paused = event.workflowExecutionPausedEventAttributes;
  if (!paused) return undefined;
  return pausedText(paused.reason);
}

export function pausedText(reason: string | null | undefined): string {
  return reason ? `The workflow is paused: ${reason}` : 'The workflow is paused.';
}
