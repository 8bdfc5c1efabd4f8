import type { Message, StreamResponse, Task } from '../a2a/types';
import type { StreamEvent, TaskStream } from './types';

/** How an agent's tasks are shown to its clients. */
export interface Shown {
  task: (task: Task) => Task;
  stream: (stream: TaskStream) => TaskStream;
}

const asTheyAre: Shown = { task: (task) => task, stream: (stream) => stream };

const repeating: Shown = { task: repeatInTask, stream: repeatInStream };

/**
 * For agents with `repeatAnswer`: the text of a completed task's artifacts is the message of its status, too, which then
 * is the last message of the history. Some clients show nothing else. Every operation shows its tasks so.
 */
export function shownBy({ repeatAnswer }: { repeatAnswer: boolean }): Shown {
  return repeatAnswer ? repeating : asTheyAre;
}

/** The Task itself when there is nothing to repeat. */
function repeatInTask(task: Task): Task {
  const message = answerOf(task);
  if (message === undefined) return task;
  return {
    ...task,
    status: { ...task.status, message },
    ...(task.history !== undefined && { history: [...task.history, message] }),
  };
}

function repeatInStream(stream: TaskStream): TaskStream {
  const repeated: TaskStream = {
    next: async () => {
      const event = await stream.next();
      return event.done === true ? event : { done: false, value: repeatInEvent(event.value) };
    },
    return: () => stream.return(),
    [Symbol.asyncIterator]: () => repeated,
  };
  return repeated;
}

function repeatInEvent(event: StreamEvent): StreamEvent {
  const { task, response } = event;
  const repeated = task && repeatInTask(task);
  if (repeated === undefined || repeated === task) return event;
  const changed: StreamResponse = {
    ...response,
    ...(response.task && { task: repeatInTask(response.task) }),
    ...(response.statusUpdate && { statusUpdate: { ...response.statusUpdate, status: repeated.status } }),
  };
  return { ...event, response: changed, task: repeated, json: JSON.stringify(changed) };
}

/** Undefined when the task has not completed, has said something at its end, or has no text. */
function answerOf({ id, contextId, status, artifacts = [] }: Task): Message | undefined {
  if (status.state !== 'TASK_STATE_COMPLETED' || status.message !== undefined) return undefined;
  const text = artifacts.flatMap(({ parts }) => parts.flatMap((part) => part.text ?? [])).join('\n');
  if (text === '') return undefined;
  return { messageId: `${id}:answer`, taskId: id, contextId, role: 'ROLE_AGENT', parts: [{ text }] };
}
