import type { temporal } from '@temporalio/proto';
import { type OnLeftOut, readMessage, readUpdates } from '../a2a/agent-json';
import { initialTask, type TaskUpdate } from '../a2a/task-update';
import type { Message, TaskState } from '../a2a/types';
import { MESSAGE_SIGNAL, REJECTED_FAILURE, type TaskStart, UPDATE_NAME } from '../contract/contract';
import { fromKeyword, toKeyword } from '../contract/keyword';
import { unreadableText, valueIn } from '../contract/payload';
import { outcomeOf } from '../contract/result';
import { TEMPORAL_IDENTITY } from './runs';
import { readAttribute, type StartReading } from './task-start';
import type { HistoryEvent, TemporalCalls } from './temporal-calls';

type Timestamp = HistoryEvent['eventTime'];
type ClosedWith = Pick<
  temporal.api.history.v1.IWorkflowExecutionCompletedEventAttributes,
  'newExecutionRunId'
>;

type Terminated = temporal.api.history.v1.IWorkflowExecutionTerminatedEventAttributes;
type Failure = temporal.api.failure.v1.IFailure | null | undefined;
type Payload = Parameters<TemporalCalls['payloads']['read']>[0];

/** Reason with which CancelTask terminates a workflow that no worker has begun. */
export const CANCEL_REASON = 'CancelTask: no worker had begun the task';

/** The run whose events are projected. */
export interface ProjectedRun {
  taskId: string;
  runId: string;
  agentId?: string;
  /** What its first event says of the task; for those whose projection begins with that event. */
  start?: StartReading;
  /** The task's start, for a run whose own start does not carry it. */
  fallback?: TaskStart | undefined;
}

/** What one history event means for the task. */
export interface Projected {
  updates: TaskUpdate[];
  /** The workflow goes on in this run. */
  nextRunId?: string;
  /** The workflow has ended, and so has the task. */
  ended?: boolean;
  /** The Message that the agent answers with, instead of a Task. */
  answer?: Message;
  /** Why an update that the event holds cannot be read. */
  unread?: string;
}

/**
 * Turns the history events of one run, in order, into TaskUpdates. Folding them gives what the workflow's
 * `a2a_task` query answers.
 */
export class Projection {
  /** A worker has completed a workflow task of the run. */
  begun = false;
  private working = false;
  runId: string;
  private agentId: string;
  private readonly onLeftOut: OnLeftOut;

  constructor(
    private readonly calls: TemporalCalls,
    private readonly run: ProjectedRun,
  ) {
    this.runId = run.runId;
    this.agentId = run.agentId ?? '';
    this.onLeftOut = (field, problem) => {
      calls.reports.leftOut({ agentId: this.agentId, taskId: run.taskId }, field, problem);
    };
  }

  /** One that goes on from the same event. */
  copy(): Projection {
    const { begun, working, runId, agentId } = this;
    return Object.assign(new Projection(this.calls, this.run), { begun, working, runId, agentId });
  }

  /**
   * @param passedOver how many updates of a signal from an activity are left out, from its first one on
   * @throws BridgeError UNAVAILABLE when a payload cannot be decoded now; the event may be projected again then
   */
  async project(event: HistoryEvent, passedOver = 0): Promise<Projected> {
    if (event.workflowExecutionStartedEventAttributes) return { updates: [this.started(event)] };
    if (event.workflowExecutionSignaledEventAttributes) return this.signaled(event, passedOver);
    const memo = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields;
    if (memo) return this.updates(memo[UPDATE_NAME]);
    return (await this.closed(event)) ?? { updates: this.begunWork(event) };
  }

  private started(event: HistoryEvent): TaskUpdate {
    const { taskId, start: own = { kind: 'absent' }, fallback } = this.run;
    this.agentId = readAttribute(event, 'A2aAgent') ?? this.agentId;
    // Contract workflows say themselves when they work.
    this.working = own.kind === 'absent' || !own.plain;
    const timestamp = isoTime(event.eventTime);
    const unreadable =
      own.kind === 'unreadable' ? this.reported(unreadableText('The start of the task', own)) : undefined;
    const start = own.kind === 'value' ? own.start : fallback;
    const given = start?.task.contextId;
    const context = readAttribute(event, 'A2aContext');
    const isOwn = given !== undefined && (context === undefined || toKeyword(given) === context);
    const ids = { id: taskId, contextId: isOwn ? given : fromKeyword(context ?? taskId) };
    if (start !== undefined) {
      const { task, message } = start;
      return { task: 'status' in task ? { ...task, ...ids } : initialTask(ids, message, timestamp) };
    }
    const message = this.words(event, unreadable ?? 'The history of the task does not tell how it began.');
    return { task: { ...ids, status: { state: 'TASK_STATE_SUBMITTED', message, timestamp } } };
  }

  private async signaled(event: HistoryEvent, passedOver: number): Promise<Projected> {
    const { signalName, input } = event.workflowExecutionSignaledEventAttributes ?? {};
    const payload = input?.payloads?.[0];
    if (signalName === UPDATE_NAME) return this.updates(payload, passedOver);
    if (signalName !== MESSAGE_SIGNAL) return { updates: [] };
    const { value } = await this.read(payload, 'A message');
    const message = readMessage(value, MESSAGE_SIGNAL, this.onLeftOut);
    return { updates: message === undefined ? [] : [{ message }] };
  }

  private async updates(payload: Payload, passedOver = 0): Promise<Projected> {
    const { value, unread } = await this.read(payload, 'An update');
    const left: unknown = Array.isArray(value) ? value.slice(passedOver) : value;
    return { updates: readUpdates(left, this.onLeftOut), ...(unread !== undefined && { unread }) };
  }

  /** The value; undefined when there is none, or none that can be read, which is reported then. */
  private async read(payload: Payload, what: string): Promise<{ value: unknown; unread?: string }> {
    const reading = await this.calls.payloads.read(payload, this.run.taskId);
    const value = valueIn(reading);
    if (reading.kind !== 'unreadable') return { value };
    return { value, unread: this.reported(unreadableText(`${what} of the task`, reading)) };
  }

  private reported(text: string): string {
    this.calls.reports.unreadable({ agentId: this.agentId, taskId: this.run.taskId }, text);
    return text;
  }

  /** Whether the task of a plain workflow is still to begin. */
  get awaitsWork(): boolean {
    return !this.working;
  }

  /** A plain workflow works from its first workflow task on: visibility tells that too, so that lists agree. */
  private begunWork(event: HistoryEvent): TaskUpdate[] {
    if (this.working || !event.workflowTaskCompletedEventAttributes) return [];
    this.working = true;
    return [
      { statusUpdate: { status: { state: 'TASK_STATE_WORKING', timestamp: isoTime(event.eventTime) } } },
    ];
  }

  private async closed(event: HistoryEvent): Promise<Projected | undefined> {
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) return nextRun(completed) ?? this.completed(event, completed.result?.payloads?.[0]);
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) return nextRun(failed) ?? this.failed(event, failed.failure);
    const timedOut = event.workflowExecutionTimedOutEventAttributes;
    if (timedOut)
      return nextRun(timedOut) ?? this.ended(event, 'TASK_STATE_FAILED', 'The workflow timed out.');
    const terminated = event.workflowExecutionTerminatedEventAttributes;
    if (terminated) return this.terminated(event, terminated);
    if (event.workflowExecutionCanceledEventAttributes) return this.ended(event, 'TASK_STATE_CANCELED');
    const continued = event.workflowExecutionContinuedAsNewEventAttributes;
    return continued ? nextRun(continued) : undefined;
  }

  /** One that no worker has begun has done nothing, so that its end is a cancellation, unless Temporal refused its work. */
  private terminated(event: HistoryEvent, { reason, identity }: Terminated): Projected {
    const { begun } = this;
    if (reason === CANCEL_REASON) {
      const when = begun ? '' : ' before a worker had begun it';
      return this.ended(event, 'TASK_STATE_CANCELED', `The task was canceled${when}.`);
    }
    const why = reason ? `: ${reason}` : '.';
    return begun || identity === TEMPORAL_IDENTITY
      ? this.ended(event, 'TASK_STATE_FAILED', `The workflow was terminated${why}`)
      : this.ended(
          event,
          'TASK_STATE_CANCELED',
          `The workflow was terminated before a worker had begun it${why}`,
        );
  }

  private async completed(event: HistoryEvent, payload: Payload): Promise<Projected> {
    const result = await this.calls.payloads.read(payload, this.run.taskId);
    if (result.kind === 'unreadable') this.reported(unreadableText('The result of the workflow', result));
    const end = { timestamp: isoTime(event.eventTime), messageId: this.messageId(event) };
    return { ended: true, ...outcomeOf(result, end, this.onLeftOut) };
  }

  private async failed(event: HistoryEvent, failure: Failure): Promise<Projected> {
    const { message, type, unreadable } = await this.calls.payloads.readFailure(failure, this.run.taskId);
    const state = type === REJECTED_FAILURE ? 'TASK_STATE_REJECTED' : 'TASK_STATE_FAILED';
    if (unreadable === undefined) return this.ended(event, state, message);
    return this.ended(event, state, this.reported(unreadableText('The failure of the workflow', unreadable)));
  }

  private ended(event: HistoryEvent, state: TaskState, text?: string): Projected {
    const message = text === undefined ? undefined : this.words(event, text);
    const status = { state, ...(message && { message }), timestamp: isoTime(event.eventTime) };
    return { ended: true, updates: [{ statusUpdate: { status } }] };
  }

  /** What the bridge itself says. */
  private words(event: HistoryEvent, text: string): Message {
    return { messageId: this.messageId(event), role: 'ROLE_AGENT', parts: [{ text }] };
  }

  private messageId({ eventId }: HistoryEvent): string {
    return `${this.runId}:${eventId}`;
  }
}

function nextRun(attributes: ClosedWith): Projected | undefined {
  return attributes.newExecutionRunId ? { updates: [], nextRunId: attributes.newExecutionRunId } : undefined;
}

/** A protobuf timestamp as ISO 8601 with milliseconds. */
export function isoTime(timestamp: Timestamp): string {
  return new Date(msOf(timestamp)).toISOString();
}

/** A protobuf timestamp in ms since 1970. */
export function msOf(timestamp: Timestamp): number {
  return Number(timestamp?.seconds ?? 0) * 1_000 + Math.floor((timestamp?.nanos ?? 0) / 1e6);
}
