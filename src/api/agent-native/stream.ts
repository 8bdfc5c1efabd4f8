import { TaskUpdates } from '../../a2a/agent-native/task';
import type { TaskStream } from '../../bridge/types';
import { mapStream } from '../v0-3/stream';

/** A stream for clients of agent-native, which read the `status` of every event: each is the task. */
export function taskStream(stream: TaskStream): TaskStream {
  const updates = new TaskUpdates();
  return mapStream(stream, ({ response }) => ({ data: updates.next(response) ?? {} }));
}
