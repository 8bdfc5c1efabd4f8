import type { Task } from '../a2a/types';
import type { TaskStart } from '../contract/contract';
import { a2aTask } from './a2a-task';

/** Answers with what it was sent. */
export async function echo(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  return task.complete({ artifacts: [{ artifactId: 'echo', name: 'echo', parts: task.message.parts }] });
}
