import { TaskNotFoundError } from '../a2a/errors';
import { isTerminal } from '../a2a/task-update';
import type { TaskState } from '../a2a/types';
import { pauseOf } from './called-tasks';
import { foldHistory } from './history';
import { StuckTasks } from './stuck-tasks';
import { GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import { lastEvents, reasonOfFailure } from './workflow-task-failure';

/** What a task's workflow could not say itself. */
export interface TaskExplanation {
  /** How the task has ended; left out for one that goes on, and for one that was deleted. */
  state?: TaskState;
  /** Why it has ended, or makes no progress, in sentences. */
  text: string;
}

/**
 * Why a task was ended from outside or makes no progress; undefined when there is no such reason.
 * @throws a gRPC error other than NOT_FOUND
 */
export async function explainTask(
  calls: TemporalCalls,
  taskId: string,
): Promise<TaskExplanation | undefined> {
  try {
    const { task, ended, runId } = await foldHistory(calls, { workflowId: taskId });
    if (task === undefined) return undefined;
    if (!ended) return await explainOpen(calls, taskId);
    const { state, message } = task.status;
    const text = (message?.parts ?? []).map((part) => part.text ?? '').join('\n');
    if (!isTerminal(state) || text === '') return undefined;
    const why = await lastWorkflowTask(calls, taskId, runId);
    return { state, text: why === undefined ? text : `${text} ${why}` };
  } catch (error) {
    const isGone = error instanceof TaskNotFoundError || isGrpcError(error, GRPC.NOT_FOUND);
    if (isGone) return { text: 'The workflow was deleted.' };
    throw error;
  }
}

async function explainOpen(calls: TemporalCalls, taskId: string): Promise<TaskExplanation | undefined> {
  const text =
    pauseOf(await calls.describe({ workflowId: taskId })) ??
    (await new StuckTasks(calls).check(taskId, ''))?.text;
  return text === undefined ? undefined : { text };
}

/** Of a run that has timed out: what had become of its last workflow task, unless that was completed. */
async function lastWorkflowTask(
  calls: TemporalCalls,
  taskId: string,
  runId: string,
): Promise<string | undefined> {
  const [closing, ...events] = await lastEvents(calls, { workflowId: taskId, runId });
  if (!closing?.workflowExecutionTimedOutEventAttributes) return undefined;
  for (const event of events) {
    if (event.workflowTaskCompletedEventAttributes) return undefined;
    const { taskQueue } = event.workflowTaskScheduledEventAttributes ?? {};
    if (taskQueue) return `No worker had taken its workflow task in the task queue "${taskQueue.name}".`;
    if (event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes)
      return `Its workflow task had failed${await reasonOfFailure(calls, taskId, event)}.`;
  }
  return undefined;
}
