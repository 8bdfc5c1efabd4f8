import type { ProtoFailure } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { ExecutionRef, HistoryEvent, TemporalCalls } from './temporal-calls';

const CAUSES = temporal.api.enums.v1.WorkflowTaskFailedCause;

/** Longest text of a failure that is passed on, in characters. */
const MAX_REASON = 500;

/** Events from the end of a history among which the failure of its workflow task is looked for. */
const LAST_EVENTS = 100;

/** Last events of a run, the last one first. */
export async function lastEvents(calls: TemporalCalls, execution: ExecutionRef): Promise<HistoryEvent[]> {
  const { history } = await calls.call((service) =>
    service.getWorkflowExecutionHistoryReverse({
      namespace: calls.namespace,
      execution,
      maximumPageSize: LAST_EVENTS,
    }),
  );
  return history?.events ?? [];
}

/**
 * Why a workflow task has failed or timed out, as it follows "it has failed": `: ` and the reason, or nothing.
 * @param reported the cause that Temporal has told of later attempts
 */
export async function reasonOfFailure(
  calls: TemporalCalls,
  taskId: string,
  event: HistoryEvent | undefined,
  reported?: string,
): Promise<string> {
  const failed = event?.workflowTaskFailedEventAttributes;
  const cause = failed ? causeOf(CAUSES[failed.cause ?? 0]) : undefined;
  // A later attempt has failed otherwise; of that one nothing else is known.
  if (reported !== undefined && reported !== cause) return `: ${reported}`;
  if (!failed) return event === undefined ? '' : ': its worker did not complete it in time';
  // Java's SDK says what it was at, and only below that what was thrown.
  const failures = [{ ...failed.failure, cause: null }, innermostOf(failed.failure)];
  const readings = await Promise.all(failures.map((failure) => calls.payloads.readFailure(failure, taskId)));
  const said = [...new Set(readings.map(({ message }) => message))];
  // Temporal itself begins some messages with the cause.
  const isNamed = cause !== undefined && said[0]?.startsWith(cause) === true;
  return `: ${[!isNamed && cause, ...said.map((text) => text.slice(0, MAX_REASON))].filter(Boolean).join(': ')}`;
}

/** As Temporal's UI shows it: `WorkflowWorkerUnhandledFailure`. */
function causeOf(name: string | undefined): string | undefined {
  return name
    ?.replace('WORKFLOW_TASK_FAILED_CAUSE_', '')
    .toLowerCase()
    .replace(/(^|_)([a-z])/g, (_match, _start, letter: string) => letter.toUpperCase());
}

function innermostOf(failure: ProtoFailure | null | undefined): ProtoFailure | null | undefined {
  let innermost = failure;
  while (innermost?.cause) innermost = innermost.cause;
  return innermost;
}
