import { applyUpdate, isTerminal } from '../../a2a/task-update';
import type { StreamResponse, Task } from '../../a2a/types';
import type { StreamEvent, TaskStream } from '../../bridge/types';
import { progressForAgentNative, taskForAgentNative } from './task';

/**
 * A stream for clients of agent-native, which read the `status` of every event: each is the task, and what comes in
 * artifacts is text of its status. The last event has all that the task consists of.
 */
export function taskStream(stream: TaskStream): TaskStream {
  let task: Task | undefined;
  const next = async (): Promise<IteratorResult<StreamEvent>> => {
    const result = await stream.next();
    if (result.done === true) return result;
    const { id, response } = result.value;
    task = fold(task, response);
    // What has no task yet tells nothing.
    const told =
      task === undefined
        ? {}
        : isTerminal(task.status.state)
          ? taskForAgentNative(task)
          : progressForAgentNative(task);
    return { done: false, value: { id, response, json: JSON.stringify(told) } };
  };
  const told: TaskStream = { next, return: () => stream.return(), [Symbol.asyncIterator]: () => told };
  return told;
}

function fold(before: Task | undefined, response: StreamResponse): Task | undefined {
  const { task, statusUpdate, artifactUpdate } = response;
  if (task !== undefined || before === undefined) return task;
  if (statusUpdate !== undefined) return applyUpdate(before, { statusUpdate });
  return artifactUpdate === undefined ? before : applyUpdate(before, { artifactUpdate });
}
