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
  WORKFLOW_EXECUTION_STATUS_PAUSED,
  WORKFLOW_EXECUTION_STATUS_RUNNING,
  WORKFLOW_EXECUTION_STATUS_TERMINATED,
} = temporal.api.enums.v1.WorkflowExecutionStatus;

/** What Temporal's visibility knows of a task whose history cannot be read. */
export function visibleTask(run: VisibleRun): Task {
  const { execution } = run;
  const { closeTime, startTime, searchAttributes } = execution;
  const attribute = (name: string) => readKeyword(searchAttributes?.indexedFields?.[name]?.data);
  const taskId = execution.execution?.workflowId ?? '';
  return {
    id: taskId,
    contextId: fromKeyword(attribute('A2aContext') ?? taskId),
    status: {
      state: visibleState(run),
      message: {
        messageId: `${execution.execution?.runId}:unreadable`,
        role: 'ROLE_AGENT',
        parts: [{ text: 'The history of the task cannot be read now; this is all that is known of it.' }],
      },
      timestamp: isoTime(closeTime ?? startTime),
    },
  };
}

/** What decides how far visibility is to be believed. */
export interface AgentTraits {
  /** Its workflow is plain. */
  plain: boolean;
  /** Its workflow is started with a retry policy. */
  retried: boolean;
}

/** A run as visibility tells it. */
export interface VisibleRun extends AgentTraits {
  taskId: string;
  runId: string;
  status: NonNullable<Execution['status']>;
  /** Of `A2aState`. */
  said: TaskState | undefined;
  /** Whether `A2aState` is how the task has ended. */
  saysEnd: boolean;
  execution: Execution;
}

export function visibleRun(execution: Execution, { plain, retried }: AgentTraits): VisibleRun {
  const text = readKeyword(execution.searchAttributes?.indexedFields?.A2aState?.data);
  const said = TASK_STATES.find((each) => each === text);
  return {
    taskId: execution.execution?.workflowId ?? '',
    runId: execution.execution?.runId ?? '',
    status: execution.status ?? 0,
    said,
    saysEnd: said !== undefined && isTerminal(said),
    execution,
    plain,
    retried,
  };
}

/** Whether a worker has completed a workflow task of the run, with which Temporal sets the attribute. */
export function isBegun({ execution }: VisibleRun): boolean {
  return execution.searchAttributes?.indexedFields?.BuildIds !== undefined;
}

/** As the list filters of visibility-query.ts have it. */
export function visibleState(run: VisibleRun): TaskState {
  const { status, said, saysEnd, plain } = run;
  switch (status) {
    case WORKFLOW_EXECUTION_STATUS_COMPLETED:
      return said !== undefined && saysEnd ? said : 'TASK_STATE_COMPLETED';
    case WORKFLOW_EXECUTION_STATUS_CANCELED:
      return 'TASK_STATE_CANCELED';
    case WORKFLOW_EXECUTION_STATUS_RUNNING:
    case WORKFLOW_EXECUTION_STATUS_PAUSED:
      if (plain && said === 'TASK_STATE_WORKING' && !isBegun(run)) return 'TASK_STATE_SUBMITTED';
      return said ?? 'TASK_STATE_SUBMITTED';
    default:
      if (said === 'TASK_STATE_REJECTED') return said;
      return status === WORKFLOW_EXECUTION_STATUS_TERMINATED && !isBegun(run)
        ? 'TASK_STATE_CANCELED'
        : 'TASK_STATE_FAILED';
  }
}
