import { isTerminal, TASK_STATES, type TaskUpdate } from '../a2a/task-update';
import type { TaskState } from '../a2a/types';
import { isoTime, type Projected } from './projection';
import { workflowTaskOf } from './settled-questions';
import { readKeyword } from './task-start';
import type { HistoryEvent } from './temporal-calls';

/** What search attributes tell. */
interface Said {
  update: TaskUpdate;
  workflowTask: string | undefined;
}

/**
 * Stands in for updates of a run that cannot be read: the search attribute `A2aState`, which is always in clear, tells
 * the state that comes with them.
 */
export class UnreadUpdates {
  /** Why the last update of the status cannot be read; undefined when it can. */
  text: string | undefined;
  private said: Said | undefined;

  copy(): UnreadUpdates {
    return Object.assign(new UnreadUpdates(), this);
  }

  /** The updates that the event stands for, with those that its search attributes tell. */
  note(event: HistoryEvent, { updates, ended, unread }: Projected): TaskUpdate[] {
    const said = saidIn(event);
    if (said !== undefined) this.said = said;
    if (ended === true || updates.some((update) => 'statusUpdate' in update || 'task' in update)) {
      this.text = undefined;
      this.said = undefined;
      return updates;
    }
    if (unread !== undefined) this.text = unread;
    if (this.text === undefined || this.said === undefined) return updates;
    // They stand before or behind the update that they belong to, and may belong to an earlier one that was read.
    if (said === undefined && this.said.workflowTask !== workflowTaskOf(event)) return updates;
    const { update } = this.said;
    this.said = undefined;
    return [...updates, update];
  }
}

/** Only the end of the workflow ends a task. */
function saidIn(event: HistoryEvent): Said | undefined {
  const { indexedFields } = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes ?? {};
  const text = readKeyword(indexedFields?.A2aState?.data);
  const state: TaskState | undefined = TASK_STATES.find((each) => each === text);
  if (state === undefined || isTerminal(state)) return undefined;
  const update = { statusUpdate: { status: { state, timestamp: isoTime(event.eventTime) } } };
  return { update, workflowTask: workflowTaskOf(event) };
}
