import { isObject } from '../a2a/is-object';
import { DETAIL_FAILURE } from '../contract/failure';
import { END_ATTRIBUTE, type ExpectedEnd, isExpectedAnswer } from '../contract/expected-end';

/** What is logged instead of a warning with a stack. */
export interface EndLine {
  message: string;
  fields: Record<string, unknown>;
}

/** Lines of the SDK. */
const WORKFLOW_FAILED = 'Workflow failed';
const ACTIVITY_FAILED = 'Activity failed';

/**
 * A line of the SDK that tells how a task, or a call of a remote agent, has ended as it may end; undefined for any
 * other line.
 */
export function expectedEnd(
  message: string,
  meta: Record<string | symbol, unknown> = {},
): EndLine | undefined {
  if (message === WORKFLOW_FAILED) return endOfWorkflow(meta);
  return message === ACTIVITY_FAILED ? endOfActivity(meta) : undefined;
}

function endOfWorkflow(meta: Record<string, unknown>): EndLine | undefined {
  const { [END_ATTRIBUTE]: end, workflowType } = meta;
  if (!isObject(end)) return undefined;
  const { state, agent, ...more } = end as unknown as ExpectedEnd;
  const message = state === 'TASK_STATE_REJECTED' ? 'a task was rejected' : 'a task has failed';
  return {
    message,
    fields: { ...(agent !== undefined && { agent }), state, ...more, workflowType, ...traceIds(meta) },
  };
}

function endOfActivity({ error, ...meta }: Record<string, unknown>): EndLine | undefined {
  // No `instanceof`: the SDK may be loaded more than once.
  if (!isObject(error) || !isExpectedAnswer(error.type as string | undefined)) return undefined;
  const { type: failureType, message, details, cause } = error as Record<string, unknown>;
  const reason = isObject(cause) && cause.type === DETAIL_FAILURE ? cause.message : message;
  const [detail] = Array.isArray(details) ? details : [];
  const { workflowId: taskId, activityType, attempt } = meta;
  const agent = isObject(detail) ? detail.agent : undefined;
  return {
    message: 'a call of an agent has failed',
    fields: {
      ...(agent !== undefined && { agent }),
      taskId,
      failureType,
      reason,
      activityType,
      attempt,
      ...traceIds(meta),
    },
  };
}

/** What the interceptors add where somebody traces. */
function traceIds({ trace_id, span_id }: Record<string, unknown>): Record<string, unknown> {
  return trace_id === undefined ? {} : { trace_id, span_id };
}
