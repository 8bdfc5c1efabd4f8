import { isInterrupted, type TaskUpdate } from '../a2a/task-update';
import type { TaskStatus } from '../a2a/types';
import { payloadBytes } from '../contract/limits';
import { hasFlag, WorkflowFlags } from './flags';

/** Statuses that are kept for the time after the question; the oldest are left out, since progress is transient. */
const MOST_HELD = { count: 100, bytes: 64 * 1024 };

export type StatusUpdate = Extract<TaskUpdate, { statusUpdate: unknown }>;

/**
 * A question that the task has asked and its client has not answered. Other work of the task may go on meanwhile; its
 * statuses would replace the question, so that nobody knew that the task waits.
 */
export class OpenQuestion {
  private held: StatusUpdate[] = [];

  constructor(private readonly asked: StatusUpdate) {}

  /** Whether an update has to wait until the question is over; then it is kept. */
  holds(update: TaskUpdate): boolean {
    if (!('statusUpdate' in update) || isInterrupted(update.statusUpdate.status.state)) return false;
    if (!hasFlag(WorkflowFlags.openQuestions)) return false;
    this.held.push(update);
    while (this.held.length > MOST_HELD.count || payloadBytes(this.held) > MOST_HELD.bytes) this.held.shift();
    return true;
  }

  /** To be shown again behind a status that came by a signal; undefined in runs that do not do that. */
  again(): StatusUpdate | undefined {
    return hasFlag(WorkflowFlags.openQuestions) ? asOfNow(this.asked) : undefined;
  }

  /** What was kept. */
  release(): StatusUpdate[] {
    return this.held.splice(0).map(asOfNow);
  }
}

function asOfNow({ statusUpdate }: StatusUpdate): StatusUpdate {
  const status: TaskStatus = { ...statusUpdate.status, timestamp: new Date().toISOString() };
  return { statusUpdate: { ...statusUpdate, status } };
}
