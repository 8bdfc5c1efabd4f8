import type { Task, TaskStatus } from '../a2a/types';
import { problemMessageId } from './task-id';

/** Why a task makes no progress, which its workflow cannot tell. */
export interface Problem {
  kind: 'NO_WORKER' | 'WORKFLOW_TASK_FAILED';
  runId: string;
  taskQueue: string;
  /** For the owner of the task: what is wrong, in sentences. */
  text: string;
}

/** The Task whose status says what is wrong, behind what its agent has said last. It is the same task otherwise. */
export function withProblem(task: Task, problem: Problem): Task {
  return { ...task, status: problemStatus(task, problem) };
}

/** The status of {@link withProblem}. State and timestamp stay, since the task is where it was. */
export function problemStatus({ id, contextId, status }: Task, { runId, text }: Problem): TaskStatus {
  return {
    ...status,
    message: {
      // The same for as long as it says the same, whichever node says it.
      messageId: problemMessageId(runId, text),
      taskId: id,
      contextId,
      role: 'ROLE_AGENT',
      parts: [...(status.message?.parts ?? []), { text }],
    },
  };
}
