import { isTerminal, withTaskIds } from '../a2a/task-update';
import type { StreamResponse, Task } from '../a2a/types';
import type { HistoryStep } from './history-step';
import { formatPosition } from './position';
import { type Problem, withProblem } from './problem';
import type { ProblemWatch } from './problem-watch';
import { asAnswered, asksBehind, isQuestion } from './settled-questions';
import { fromTemporal } from './temporal-calls';
import type { StreamEvent, TaskStream } from './types';

export interface TaskStreamOptions {
  /** The stream begins with the Task; otherwise it goes on with what comes. */
  startsWithTask: boolean;
  /** Also ends when the task stops for its client, who answers with a further message. */
  endsForInput: boolean;
  /** ID of the message whose answer the stream is to bring. */
  messageId?: string | undefined;
  /** The agent answers with a Message: wait for it rather than show the task. */
  holdsForMessage: boolean;
  /** ID of the event that the stream goes on behind, for one that resumes. */
  after?: string;
  /** Tells when the task is stuck; closed with the stream. Without it nobody is told. */
  problems?: ProblemWatch;
  signal?: AbortSignal;
}

interface Waiter {
  resolve: (result: IteratorResult<StreamEvent>) => void;
  reject: (error: unknown) => void;
}

const DONE: IteratorResult<StreamEvent> = { done: true, value: undefined };

/**
 * The steps of a task as its clients see them (specification sections 3.1.2 and 3.1.6). There are thousands of them that
 * wait: each holds two promises, its reader's and its own.
 */
export class StepStream implements TaskStream {
  private started: boolean;
  private finished = false;
  private waiter: Waiter | undefined;
  /** A step was asked for and has not come yet. */
  private asked = false;
  /** What came while nobody waited. */
  private arrived: IteratorResult<HistoryStep> | undefined;
  private failure: { error: unknown } | undefined;
  /** The last step that was read, told or not. */
  private last: HistoryStep | undefined;

  constructor(
    private readonly steps: AsyncIterableIterator<HistoryStep>,
    private readonly options: TaskStreamOptions,
  ) {
    this.started = !options.startsWithTask;
    options.signal?.addEventListener('abort', this.abandon, { once: true });
    if (options.signal?.aborted) this.abandon();
  }

  /** One at a time. */
  next(): Promise<IteratorResult<StreamEvent>> {
    if (this.finished) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
      this.goOn();
    });
  }

  async return(): Promise<IteratorResult<StreamEvent>> {
    if (!this.finished) {
      this.finished = true;
      this.options.signal?.removeEventListener('abort', this.abandon);
      this.options.problems?.close();
      await this.steps.return?.();
    }
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private readonly abandon = () => void this.return();

  /** Takes what has come, or asks for it. */
  private goOn(): void {
    const { arrived, failure } = this;
    this.arrived = undefined;
    this.failure = undefined;
    if (failure !== undefined) {
      this.fail(failure.error);
    } else if (arrived !== undefined) {
      this.take(arrived);
    } else {
      this.options.problems?.listen(this.takeProblem);
      if (this.asked) return;
      this.asked = true;
      this.steps.next().then(this.take, this.fail);
    }
  }

  private readonly take = (result: IteratorResult<HistoryStep>): void => {
    this.asked = false;
    if (this.waiter === undefined) {
      this.arrived = result;
      return;
    }
    const event = result.done === true ? undefined : this.tellStep(result.value);
    if (event !== undefined) this.settle()?.resolve({ done: false, value: event });
    else if (result.done === true || this.finished) this.settle()?.resolve(DONE);
    else this.goOn();
  };

  private readonly fail = (error: unknown): void => {
    this.asked = false;
    if (this.waiter === undefined) this.failure = { error };
    else this.settle()?.reject(fromTemporal(error));
  };

  private readonly takeProblem = (problem: Problem): void => {
    const event = this.tellProblem(problem);
    if (event === undefined) this.options.problems?.listen(this.takeProblem);
    else this.settle()?.resolve({ done: false, value: event });
  };

  /** Whoever waits, who waits no more. */
  private settle(): Waiter | undefined {
    const { waiter } = this;
    this.waiter = undefined;
    this.options.problems?.listen(undefined);
    return waiter;
  }

  private tellStep(step: HistoryStep): StreamEvent | undefined {
    this.last = step;
    // Of an agent that answers with a Message, only its questions are shown before the answer.
    if (this.holds && !isWorthTelling(step)) return undefined;
    const event = this.toEvent(step);
    if (this.isLast(step)) void this.return();
    return event;
  }

  /** It is no event of the history: a stream that resumes behind it goes on where this one was. */
  private tellProblem(problem: Problem): StreamEvent | undefined {
    const { last } = this;
    const task = last?.task ?? this.options.problems?.task;
    if (task === undefined) return undefined;
    const id = last === undefined ? (this.options.after ?? '') : formatPosition(last.position);
    const stuck = withProblem(task, problem);
    const { status, id: taskId, contextId } = stuck;
    const response = this.started ? { statusUpdate: { taskId, contextId, status } } : { task: stuck };
    this.started = true;
    return makeEvent(id, response, stuck);
  }

  private get holds(): boolean {
    return this.options.holdsForMessage && !this.started;
  }

  private isLast(step: HistoryStep): boolean {
    if (step.ended) return true;
    if (!this.options.endsForInput || step.task.status.state !== 'TASK_STATE_INPUT_REQUIRED') return false;
    return step.isUnasked === true || asksBehind(step, this.options.messageId);
  }

  private toEvent(step: HistoryStep): StreamEvent | undefined {
    if (!this.started) {
      this.started = true;
      if (this.options.holdsForMessage && step.answer !== undefined) {
        return eventAt(step, { message: { ...step.answer, contextId: step.task.contextId } });
      }
      const task = asAnswered(step, this.options.messageId);
      const isShared = task === step.task && step.before === undefined && toldIn(step) === task;
      return isShared ? eventOf(step) : eventAt(step, { task });
    }
    return eventOf(step);
  }
}

/** The Task that a step tells as a whole, if it does. */
function toldIn({ update }: HistoryStep): Task | undefined {
  return update !== undefined && 'task' in update ? update.task : undefined;
}

/** The Message, or what takes its place: a question, or an end without one. */
function isWorthTelling(step: HistoryStep): boolean {
  return step.ended || (step.before !== undefined && isQuestion(step));
}

/** However many read a step, its event is made once. */
const events = new WeakMap<HistoryStep, StreamEvent | 'none'>();

function eventOf(step: HistoryStep): StreamEvent | undefined {
  const known = events.get(step);
  if (known !== undefined) return known === 'none' ? undefined : known;
  const response = toResponse(step);
  const event = response && eventAt(step, response);
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

function eventAt({ position, task }: HistoryStep, response: StreamResponse): StreamEvent {
  return makeEvent(formatPosition(position), response, task);
}

function makeEvent(id: string, response: StreamResponse, task: Task): StreamEvent {
  let json: string | undefined;
  return {
    id,
    response,
    task,
    get json() {
      json ??= JSON.stringify(response);
      return json;
    },
  };
}
