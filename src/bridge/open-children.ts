import type { HistoryEvent } from './temporal-calls';

/** The child workflows of a run that have begun and not ended, as its history tells. */
export class OpenChildren {
  constructor(private readonly ids = new Set<string>()) {}

  copy(): OpenChildren {
    return new OpenChildren(new Set(this.ids));
  }

  get size(): number {
    return this.ids.size;
  }

  clear(): void {
    this.ids.clear();
  }

  note(event: HistoryEvent): void {
    const started = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId;
    if (started) this.ids.add(started);
    const ended =
      event.childWorkflowExecutionCompletedEventAttributes ??
      event.childWorkflowExecutionFailedEventAttributes ??
      event.childWorkflowExecutionCanceledEventAttributes ??
      event.childWorkflowExecutionTimedOutEventAttributes ??
      event.childWorkflowExecutionTerminatedEventAttributes;
    if (ended?.workflowExecution?.workflowId) this.ids.delete(ended.workflowExecution.workflowId);
  }
}
