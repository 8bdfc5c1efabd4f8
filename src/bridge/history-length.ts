import type { Task } from '../a2a/types';

/** The Task with at most so many of its latest messages (specification section 3.2.4). */
export function limitHistory(task: Task, historyLength: number | undefined): Task {
  if (historyLength === undefined || task.history === undefined) return task;
  const { history, ...rest } = task;
  if (historyLength === 0) return rest;
  return history.length <= historyLength ? task : { ...rest, history: history.slice(-historyLength) };
}
