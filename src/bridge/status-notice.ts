import { copyWith } from '../a2a/growing-list';
import type { Task, TaskStatus } from '../a2a/types';
import { withProblem } from './problem';
import { UnreadUpdates } from './unread-updates';

/** What the status of a running task says beside what its agent has said. */
export class StatusNotice {
  /** That the workflow is paused. */
  paused: string | undefined;
  readonly unread = new UnreadUpdates();
  /** What was shown last: a status that has not changed stays the same object. */
  private last: { own: TaskStatus; text: string; shown: TaskStatus } | undefined;

  copy(): StatusNotice {
    return Object.assign(new StatusNotice(), this, { unread: this.unread.copy() });
  }

  get text(): string | undefined {
    const texts = [this.unread.text, this.paused].filter((text) => text !== undefined);
    return texts.length > 0 ? texts.join('\n') : undefined;
  }

  /** The Task as readers see it. */
  on(own: Task, runId: string): Task {
    const { text, last } = this;
    if (text === undefined) return own;
    if (last?.own === own.status && last.text === text) return copyWith(own, { status: last.shown });
    const task = withProblem(own, { runId, text });
    this.last = { own: own.status, text, shown: task.status };
    return task;
  }
}
