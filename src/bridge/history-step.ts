import type { TaskUpdate } from '../a2a/task-update';
import type { Message, Task } from '../a2a/types';
import type { Position } from './position';

/** An update of the task, or a mere step in its history, with the Task as it is then. */
export interface HistoryStep {
  position: Position;
  task: Task;
  /** Counts the steps of the fold, from 1. */
  sequence: number;
  /**
   * The Task before, with the same `status` when that has not changed; undefined when the step tells the Task anew: the
   * first one, and one that a reset makes.
   */
  before: Task | undefined;
  update: TaskUpdate | undefined;
  /** A status that says how the workflow is, not the agent: it asks nothing. */
  isNotice?: true;
  /** The update is a message of the client that answers none of the open questions: the task goes on waiting. */
  isUnasked?: true;
  /** The task has ended with this step. */
  ended: boolean;
  /** The update comes from the end of the workflow: its result, or its failure. */
  closing?: boolean;
  answer?: Message;
}
