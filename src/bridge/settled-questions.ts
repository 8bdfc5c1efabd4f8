import { isObject } from '../a2a/is-object';
import { answeredQuestion, openQuestions } from '../a2a/open-questions';
import { hasMessage, isInterrupted } from '../a2a/task-update';
import type { Message, Struct, Task } from '../a2a/types';
import { QUESTIONS_HEADER } from '../contract/contract';
import { readSeenQuestions } from '../contract/seen-questions';
import type { HistoryStep } from './history-step';
import type { HistoryEvent } from './temporal-calls';

/** Whether the agent tells a status in this step, and not mere progress beside a question. */
function isStatus({ update, task, before, isNotice }: HistoryStep): boolean {
  if (isNotice === true || update === undefined || !('statusUpdate' in update)) return false;
  return task.status !== before?.status;
}

/** Whether the agent asks in this step. */
export function isQuestion(step: HistoryStep): boolean {
  return isStatus(step) && isInterrupted(step.task.status.state);
}

/**
 * Whether the task waits for its client behind a message: it asks in this step, or a reset has gone back to a question
 * and lost the message.
 */
export function asksBehind(step: HistoryStep, messageId: string | undefined): boolean {
  if (isQuestion(step)) return true;
  const { task, before, update } = step;
  const isAnew = update !== undefined && 'task' in update && before === undefined;
  if (!isAnew || messageId === undefined || !isInterrupted(task.status.state)) return false;
  return !hasMessage(task, messageId);
}

/** Whether a message of the client, in this event, answers none of the questions that the task has open. */
export function isUnasked({ metadata }: Task, message: Message, event: HistoryEvent): boolean {
  const open = openQuestions(metadata).map(({ id }) => id);
  const named = answeredQuestion(message);
  const { fields } = event.workflowExecutionSignaledEventAttributes?.header ?? {};
  const answers = named === undefined ? readSeenQuestions(fields?.[QUESTIONS_HEADER]) : [named];
  // One that refers to a task may answer what that asks.
  if (open.length === 0 || answers === undefined || message.referenceTaskIds?.length) return false;
  return !open.some((id) => answers.includes(id));
}

/**
 * The task as its client sees it whose message is the last of it: at work, since what it asked has been answered. Some
 * clients end where a stream begins with a question (CrewAI's).
 */
export function asAnswered({ task, isUnasked }: HistoryStep, messageId: string | undefined): Task {
  const { state, timestamp } = task.status;
  if (messageId === undefined || isUnasked === true || state !== 'TASK_STATE_INPUT_REQUIRED') return task;
  if (task.history?.at(-1)?.messageId !== messageId) return task;
  return { ...task, status: { state: 'TASK_STATE_WORKING', ...(timestamp !== undefined && { timestamp }) } };
}

/**
 * Leaves out the questions that nobody could have answered: those that a workflow has closed in the same workflow task,
 * because it had the answer already. So it does with a message that was there before the question, as after a reset,
 * when Temporal sends the client's messages again and the workflow asks anew.
 */
export class SettledQuestions {
  /** A question whose workflow task goes on, and what came behind it. */
  private held: HistoryStep[] = [];

  copy(): SettledQuestions {
    return Object.assign(new SettledQuestions(), this);
  }

  /**
   * What may be told of these steps and of those that were held back.
   * @param next the event behind that of the steps, as far as it is known
   */
  settle(steps: HistoryStep[], event: HistoryEvent, next: HistoryEvent | undefined): HistoryStep[] {
    if (this.held.length === 0 && !steps.some(isQuestion)) return steps;
    const all = [...this.held, ...steps];
    const last = all.findLastIndex(isStatus);
    const settled = withoutQuestions(all, last);
    const asking = settled[last];
    const isOpen = asking !== undefined && isQuestion(asking) && isOneWorkflowTask(event, next);
    this.held = isOpen ? settled.splice(last) : [];
    return settled;
  }
}

/** The questions before the status at `last` are left out; their metadata stay the task's, and come with the next status. */
function withoutQuestions(steps: HistoryStep[], last: number): HistoryStep[] {
  let metadata: Struct | undefined;
  return steps.map((step, index) => {
    const { update } = step;
    if (!isStatus(step) || update === undefined || !('statusUpdate' in update)) return step;
    const { statusUpdate } = update;
    if (index < last && isQuestion(step)) {
      if (statusUpdate.metadata !== undefined) metadata = { ...metadata, ...statusUpdate.metadata };
      return { ...step, update: undefined };
    }
    if (metadata === undefined) return step;
    const all = { ...metadata, ...statusUpdate.metadata };
    metadata = undefined;
    return { ...step, update: { statusUpdate: { ...statusUpdate, metadata: all } } };
  });
}

/** Whether the commands of one workflow task have made both events. */
function isOneWorkflowTask(event: HistoryEvent, next: HistoryEvent | undefined): boolean {
  const id = workflowTaskOf(event);
  return id !== undefined && next !== undefined && id === workflowTaskOf(next);
}

/** The workflow task whose commands have made the event; undefined when none has. */
export function workflowTaskOf(event: HistoryEvent): string | undefined {
  for (const attributes of Object.values(event)) {
    if (isObject(attributes) && attributes.workflowTaskCompletedEventId != null) {
      return String(attributes.workflowTaskCompletedEventId);
    }
  }
  return undefined;
}
