import { ApplicationFailure } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { isObject } from '../a2a/is-object';
import { initialTask, isMessage, readUpdates, type TaskUpdate } from '../a2a/task-update';
import type { Message, Task, TaskState } from '../a2a/types';
import {
  MESSAGE_SIGNAL,
  REJECTED_FAILURE,
  START_HEADER,
  type TaskStart,
  UPDATE_NAME,
} from '../contract/contract';
import { isMessageResult, resultUpdates } from '../contract/result';
import type { Payloads } from '../temporal/payloads';
import type { HistoryEvent } from './temporal-calls';

type Timestamp = HistoryEvent['eventTime'];
type ClosedWith = Pick<
  temporal.api.history.v1.IWorkflowExecutionCompletedEventAttributes,
  'newExecutionRunId'
>;

/** Reason with which CancelTask terminates a workflow that no worker has begun. */
export const CANCEL_REASON = 'CancelTask: no worker had begun the task';

/** What one history event means for the task. */
export interface Projected {
  updates: TaskUpdate[];
  /** The workflow goes on in this run. */
  nextRunId?: string;
  /** The workflow has ended, and so has the task. */
  ended?: boolean;
  /** The Message that the agent answers with, instead of a Task. */
  answer?: Message;
}

/**
 * Turns the history events of one run, in order, into TaskUpdates. Folding them gives what the workflow's
 * `a2a_task` query answers.
 */
export class Projection {
  /** A worker has completed a workflow task of the run. */
  begun = false;
  private working = false;

  /** @param fallback the task's start, for a run whose own start does not carry it */
  constructor(
    private readonly payloads: Payloads,
    public runId: string,
    private readonly fallback?: TaskStart,
  ) {}

  async project(event: HistoryEvent): Promise<Projected> {
    if (event.workflowExecutionStartedEventAttributes) return { updates: [await this.started(event)] };
    if (event.workflowExecutionSignaledEventAttributes) return { updates: await this.signaled(event) };
    const memo = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields;
    if (memo) return { updates: readUpdates(await this.payloads.decode(memo[UPDATE_NAME])) };
    return (await this.closed(event)) ?? { updates: this.begunWork(event) };
  }

  private async started(event: HistoryEvent): Promise<TaskUpdate> {
    const own = await readTaskStart(this.payloads, event);
    // Contract workflows say themselves when they work.
    this.working = own?.plain !== true;
    const start = own?.start ?? this.fallback;
    if (start === undefined) throw new Error(`Run ${this.runId} does not tell the task that it belongs to`);
    if ('status' in start.task) return { task: start.task };
    return { task: initialTask(start.task, start.message, isoTime(event.eventTime)) };
  }

  private async signaled(event: HistoryEvent): Promise<TaskUpdate[]> {
    const signal = event.workflowExecutionSignaledEventAttributes;
    const value = async () => this.payloads.decode(signal?.input?.payloads?.[0]);
    if (signal?.signalName === UPDATE_NAME) return readUpdates(await value());
    if (signal?.signalName !== MESSAGE_SIGNAL) return [];
    const message = await value();
    return isMessage(message) ? [{ message }] : [];
  }

  /** A plain workflow works from its first command on. */
  private begunWork(event: HistoryEvent): TaskUpdate[] {
    const isCommand =
      event.activityTaskScheduledEventAttributes ??
      event.timerStartedEventAttributes ??
      event.startChildWorkflowExecutionInitiatedEventAttributes ??
      event.nexusOperationScheduledEventAttributes ??
      event.markerRecordedEventAttributes;
    if (this.working || !isCommand) return [];
    this.working = true;
    return [
      { statusUpdate: { status: { state: 'TASK_STATE_WORKING', timestamp: isoTime(event.eventTime) } } },
    ];
  }

  private async closed(event: HistoryEvent): Promise<Projected | undefined> {
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) {
      return (
        nextRun(completed) ??
        this.completed(event, await this.payloads.decode(completed.result?.payloads?.[0]))
      );
    }
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) {
      return (
        nextRun(failed) ?? this.failed(event, rootCause(await this.payloads.decodeFailure(failed.failure)))
      );
    }
    const timedOut = event.workflowExecutionTimedOutEventAttributes;
    if (timedOut)
      return nextRun(timedOut) ?? this.ended(event, 'TASK_STATE_FAILED', 'The workflow timed out.');
    const terminated = event.workflowExecutionTerminatedEventAttributes;
    if (terminated) return this.terminated(event, terminated.reason ?? '');
    if (event.workflowExecutionCanceledEventAttributes) return this.ended(event, 'TASK_STATE_CANCELED');
    const continued = event.workflowExecutionContinuedAsNewEventAttributes;
    return continued ? nextRun(continued) : undefined;
  }

  /** One that no worker has begun has done nothing, so that its end is a cancellation. */
  private terminated(event: HistoryEvent, reason: string): Projected {
    const { begun } = this;
    if (reason === CANCEL_REASON) {
      const when = begun ? '' : ' before a worker had begun it';
      return this.ended(event, 'TASK_STATE_CANCELED', `The task was canceled${when}.`);
    }
    const why = reason === '' ? '.' : `: ${reason}`;
    return begun
      ? this.ended(event, 'TASK_STATE_FAILED', `The workflow was terminated${why}`)
      : this.ended(
          event,
          'TASK_STATE_CANCELED',
          `The workflow was terminated before a worker had begun it${why}`,
        );
  }

  private completed(event: HistoryEvent, result: unknown): Projected {
    const updates = resultUpdates(result, isoTime(event.eventTime));
    return { ended: true, updates, ...(isMessageResult(result) && { answer: result }) };
  }

  private failed(event: HistoryEvent, cause: Error | undefined): Projected {
    const rejected = cause instanceof ApplicationFailure && cause.type === REJECTED_FAILURE;
    return this.ended(
      event,
      rejected ? 'TASK_STATE_REJECTED' : 'TASK_STATE_FAILED',
      cause?.message || 'The workflow failed without a message.',
    );
  }

  private ended(event: HistoryEvent, state: TaskState, text?: string): Projected {
    const message: Message | undefined =
      text === undefined
        ? undefined
        : { messageId: `${this.runId}:${event.eventId}`, role: 'ROLE_AGENT', parts: [{ text }] };
    const status = { state, ...(message && { message }), timestamp: isoTime(event.eventTime) };
    return { ended: true, updates: [{ statusUpdate: { status } }] };
  }
}

/** The task that a run's first event tells of, and whether the workflow itself knows of it. */
export async function readTaskStart(
  payloads: Payloads,
  event: HistoryEvent,
): Promise<{ start: TaskStart; plain: boolean } | undefined> {
  const started = event.workflowExecutionStartedEventAttributes;
  const header = await payloads.decode(started?.header?.fields?.[START_HEADER]);
  if (isTaskStart(header)) return { start: header, plain: true };
  const argument = await payloads.decode(started?.input?.payloads?.[0]);
  return isTaskStart(argument) ? { start: argument, plain: false } : undefined;
}

function isTaskStart(value: unknown): value is TaskStart {
  if (!isObject(value) || !isObject(value.task) || !isMessage(value.message)) return false;
  return typeof value.task.id === 'string' && typeof value.task.contextId === 'string';
}

export function isTask(value: unknown): value is Task {
  return isObject(value) && typeof value.id === 'string' && isObject(value.status);
}

function nextRun(attributes: ClosedWith): Projected | undefined {
  return attributes.newExecutionRunId ? { updates: [], nextRunId: attributes.newExecutionRunId } : undefined;
}

/** Activities and child workflows wrap what went wrong; the client is told the inner reason. */
function rootCause(error: Error | undefined): Error | undefined {
  let cause = error;
  while (cause !== undefined && !(cause instanceof ApplicationFailure) && cause.cause instanceof Error) {
    cause = cause.cause;
  }
  return cause;
}

/** A protobuf timestamp as ISO 8601 with milliseconds. */
export function isoTime(timestamp: Timestamp): string {
  return new Date(msOf(timestamp)).toISOString();
}

/** A protobuf timestamp in ms since 1970. */
export function msOf(timestamp: Timestamp): number {
  return Number(timestamp?.seconds ?? 0) * 1_000 + Math.floor((timestamp?.nanos ?? 0) / 1e6);
}
