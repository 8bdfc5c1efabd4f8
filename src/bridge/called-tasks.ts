import { temporal } from '@temporalio/proto';
import { pausedText } from './pause';
import type { Problem } from './problem';
import { readKeyword } from './task-start';
import type { DescribedExecution } from './temporal-calls';

const { WORKFLOW_EXECUTION_STATUS_PAUSED } = temporal.api.enums.v1.WorkflowExecutionStatus;

/** Called tasks of one task that are looked at. */
const MAX_CALLED = 10;

/** IDs of the tasks that a workflow has called and that have not ended. */
export function calledTasks({ pendingChildren }: DescribedExecution): string[] {
  return (pendingChildren ?? []).slice(0, MAX_CALLED).flatMap(({ workflowId }) => workflowId || []);
}

/** What an operator's pause of the workflow says; undefined when it is not paused. */
export function pauseOf(described: DescribedExecution): string | undefined {
  if (described.workflowExecutionInfo?.status !== WORKFLOW_EXECUTION_STATUS_PAUSED) return undefined;
  return pausedText(described.workflowExtendedInfo?.pauseInfo?.reason);
}

/**
 * The problem of a called task, as it is one of the task that has called it.
 * @param runId of the caller
 */
export function problemOfCaller(
  runId: string,
  called: DescribedExecution,
  own: Problem | undefined,
): Problem | undefined {
  const { execution, type, searchAttributes, taskQueue } = called.workflowExecutionInfo ?? {};
  const agent = readKeyword(searchAttributes?.indexedFields?.A2aAgent?.data);
  const who =
    agent === undefined ? `workflow ${JSON.stringify(type?.name)}` : `agent ${JSON.stringify(agent)}`;
  const paused = pauseOf(called);
  const why = own?.text ?? paused;
  if (why === undefined) return undefined;
  return {
    kind: own === undefined ? 'CALLED_TASK_PAUSED' : 'CALLED_TASK_STUCK',
    runId,
    taskQueue: taskQueue ?? '',
    text: `The called ${who} makes no progress in its task ${execution?.workflowId}. ${why}`,
  };
}
