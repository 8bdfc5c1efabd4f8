import { TaskNotFoundError } from '../a2a/errors';

export function taskNotFound(taskId: string): TaskNotFoundError {
  return new TaskNotFoundError({ message: `Task not found: ${taskId}`, metadata: { taskId } });
}
