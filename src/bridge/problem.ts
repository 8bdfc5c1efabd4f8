import { copyWith } from '../a2a/growing-list';
import type { Task } from '../a2a/types';
import { problemMessageId } from './task-id';

/** Why a task makes no progress, which its workflow cannot tell. */
export interface Problem {
  kind: 'NO_WORKER' | 'WORKFLOW_TASK_FAILED' | 'CALLED_TASK_STUCK' | 'CALLED_TASK_PAUSED';
  runId: string;
  taskQueue: string;
  /** For the owner of the task: what is wrong, in sentences. */
  text: string;
}

/**
 * The Task whose status says what is wrong, behind what its agent has said last. It is the same task otherwise: state and
 * timestamp stay, since it is where it was.
 */
export function withProblem(task: Task, { runId, text }: Pick<Problem, 'runId' | 'text'>): Task {
  const { id, contextId, status } = task;
  return copyWith(task, {
    status: {
      ...status,
      message: {
        // The same for as long as it says the same, whichever node says it.
        messageId: problemMessageId(runId, text),
        taskId: id,
        contextId,
        role: 'ROLE_AGENT',
        parts: [...(status.message?.parts ?? []), { text }],
      },
    },
  });
}
