import { applyUpdate } from '../a2a/task-update';
import type { Message, Task } from '../a2a/types';
import { Projection } from './projection';
import type { HistoryEvent, TemporalCalls } from './temporal-calls';

/** Started, workflow task scheduled, started, completed: what every history begins with. */
const FIRST_WORKFLOW_TASK_COMPLETED = 4;

/** How a task began: as its first event tells it. */
export interface Beginning {
  runId: string;
  agentId: string;
  task: Task;
}

/**
 * The ended Task of a run that completed in its first workflow task, folded from how it began and its closing
 * event, without reading what lies between; undefined when that may hold something.
 *
 * Nothing else fits before the end of the first workflow task, and an update of the workflow's own takes two
 * events behind it (docs/contract.md), so a single one there is none: it is the final search attributes.
 */
export async function foldShortHistory(
  calls: TemporalCalls,
  { runId, agentId, task }: Beginning,
  closing: HistoryEvent,
): Promise<{ task: Task; answer?: Message } | undefined> {
  const completed = closing.workflowExecutionCompletedEventAttributes;
  if (Number(completed?.workflowTaskCompletedEventId) !== FIRST_WORKFLOW_TASK_COMPLETED) return undefined;
  if (Number(closing.eventId) > FIRST_WORKFLOW_TASK_COMPLETED + 2) return undefined;
  const { updates, ended, answer } = await new Projection(calls, { taskId: task.id, runId, agentId }).project(
    closing,
  );
  if (ended !== true) return undefined;
  return { task: updates.reduce(applyUpdate, task), ...(answer && { answer }) };
}
