import { isInterrupted, isTerminal, withTaskIds } from '../a2a/task-update';
import type { StreamResponse, Task } from '../a2a/types';
import type { HistoryStep } from './history';
import { formatPosition } from './position';
import { fromTemporal } from './temporal-calls';
import type { StreamEvent, TaskStream } from './types';

export interface TaskStreamOptions {
  /** The stream begins with the Task; otherwise it goes on with what comes. */
  startsWithTask: boolean;
  /** Also ends when the task stops for its client, who answers with a message of its own. */
  endsForInput: boolean;
  /** The agent answers with a Message: wait for it rather than show the task. */
  holdsForMessage: boolean;
  signal?: AbortSignal;
}

/** The steps of a task as its clients see them (specification sections 3.1.2 and 3.1.6). */
export class StepStream implements TaskStream {
  private started: boolean;
  private finished = false;
  private readonly abandon = () => void this.return();

  constructor(
    private readonly steps: AsyncIterableIterator<HistoryStep>,
    private readonly options: TaskStreamOptions,
  ) {
    this.started = !options.startsWithTask;
    options.signal?.addEventListener('abort', this.abandon, { once: true });
    if (options.signal?.aborted) this.abandon();
  }

  async next(): Promise<IteratorResult<StreamEvent>> {
    while (!this.finished) {
      const step = await this.nextStep();
      if (step === undefined) break;
      const event = this.toEvent(step);
      if (this.isLast(step)) await this.return();
      if (event !== undefined) return { done: false, value: event };
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<StreamEvent>> {
    if (!this.finished) {
      this.finished = true;
      this.options.signal?.removeEventListener('abort', this.abandon);
      await this.steps.return?.();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async nextStep(): Promise<HistoryStep | undefined> {
    try {
      let result = await this.steps.next();
      // What an agent that answers with a Message does before is nobody's business; its question is.
      while (this.holds && result.done !== true && !isWorthTelling(result.value)) {
        result = await this.steps.next();
      }
      return result.done === true ? undefined : result.value;
    } catch (error) {
      throw fromTemporal(error);
    }
  }

  private get holds(): boolean {
    return this.options.holdsForMessage && !this.started;
  }

  private isLast(step: HistoryStep): boolean {
    if (step.ended) return true;
    return this.options.endsForInput && isAsking(step);
  }

  private toEvent(step: HistoryStep): StreamEvent | undefined {
    if (!this.started) {
      this.started = true;
      if (this.options.holdsForMessage && step.answer !== undefined) {
        return makeEvent(step, { message: { ...step.answer, contextId: step.task.contextId } });
      }
      return makeEvent(step, { task: step.task });
    }
    return eventOf(step);
  }
}

/** The Message, or what takes its place: a question, or an end without one. */
function isWorthTelling(step: HistoryStep): boolean {
  return step.ended || (isInterrupted(step.task.status.state) && step.before !== undefined && isStatus(step));
}

function isStatus({ update }: HistoryStep): boolean {
  return update !== undefined && 'statusUpdate' in update;
}

/** Asked in this very step; what was asked before the reader's own message does not count. */
function isAsking(step: HistoryStep): boolean {
  return step.task.status.state === 'TASK_STATE_INPUT_REQUIRED' && isStatus(step);
}

/** However many read a step, its event is made once. */
const events = new WeakMap<HistoryStep, StreamEvent | 'none'>();

function eventOf(step: HistoryStep): StreamEvent | undefined {
  const known = events.get(step);
  if (known !== undefined) return known === 'none' ? undefined : known;
  const response = toResponse(step);
  const event = response && makeEvent(step, response);
  events.set(step, event ?? 'none');
  return event;
}

function toResponse({ update, task, before }: HistoryStep): StreamResponse | undefined {
  if (update === undefined || 'message' in update) return undefined;
  const ids = { taskId: task.id, contextId: task.contextId };
  if ('task' in update) {
    // The place that the reader was at is in a run that is gone.
    if (before === undefined) return { task };
    return hasNewState(task, before) ? { statusUpdate: { ...ids, status: task.status } } : undefined;
  }
  if ('artifactUpdate' in update) return { artifactUpdate: { ...ids, ...update.artifactUpdate } };
  const { status, metadata } = update.statusUpdate;
  return { statusUpdate: { ...ids, status: withTaskIds(status, task), ...(metadata && { metadata }) } };
}

/** A run that carries the task on is nothing to tell; one that begins it again is. */
function hasNewState(task: Task, before: Task): boolean {
  return !isTerminal(before.status.state) && before.status.state !== task.status.state;
}

function makeEvent(step: HistoryStep, response: StreamResponse): StreamEvent {
  let json: string | undefined;
  return {
    id: formatPosition(step.position),
    response,
    task: step.task,
    get json() {
      json ??= JSON.stringify(response);
      return json;
    },
  };
}
