import { temporal } from '@temporalio/proto';
import { isTerminal, TASK_STATES } from '../a2a/task-update';
import type { Task, TaskState } from '../a2a/types';
import { fromKeyword } from '../contract/keyword';
import { isoTime } from './projection';
import { readKeyword } from './task-start';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

const {
  WORKFLOW_EXECUTION_STATUS_COMPLETED,
  WORKFLOW_EXECUTION_STATUS_CANCELED,
  WORKFLOW_EXECUTION_STATUS_RUNNING,
} = temporal.api.enums.v1.WorkflowExecutionStatus;

/** What Temporal's visibility knows of a task whose history cannot be read. */
export function visibleTask(execution: Execution): Task {
  const { closeTime, startTime, searchAttributes } = execution;
  const attribute = (name: string) => readKeyword(searchAttributes?.indexedFields?.[name]?.data);
  const taskId = execution.execution?.workflowId ?? '';
  return {
    id: taskId,
    contextId: fromKeyword(attribute('A2aContext') ?? taskId),
    status: {
      state: stateOf(execution, attribute('A2aState')),
      message: {
        messageId: `${execution.execution?.runId}:unreadable`,
        role: 'ROLE_AGENT',
        parts: [{ text: 'The history of the task cannot be read now; this is all that is known of it.' }],
      },
      timestamp: isoTime(closeTime ?? startTime),
    },
  };
}

/** As the list filters of visibility-query.ts have it. */
function stateOf({ status }: Execution, said: string | undefined): TaskState {
  const state = TASK_STATES.find((each) => each === said);
  switch (status) {
    case WORKFLOW_EXECUTION_STATUS_COMPLETED:
      return state !== undefined && isTerminal(state) ? state : 'TASK_STATE_COMPLETED';
    case WORKFLOW_EXECUTION_STATUS_CANCELED:
      return 'TASK_STATE_CANCELED';
    case WORKFLOW_EXECUTION_STATUS_RUNNING:
      return state ?? 'TASK_STATE_SUBMITTED';
    default:
      return state === 'TASK_STATE_REJECTED' ? state : 'TASK_STATE_FAILED';
  }
}
