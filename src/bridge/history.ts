import { applyUpdate } from '../a2a/task-update';
import type { Message, Task } from '../a2a/types';
import type { TaskStart } from '../contract/contract';
import type { Position } from './position';
import { msOf, Projection, readTaskStart } from './projection';
import { type ExecutionRef, type HistoryEvent, type TemporalCalls, tokenOf } from './temporal-calls';

/** An update of the task, or a mere step in its history, with the Task as it is then. */
export interface HistoryStep {
  position: Position;
  task: Task;
  /** Counts the steps of the fold, from 1. */
  sequence: number;
  /** The Task before; undefined at the first step. */
  before: Task | undefined;
  update: Parameters<typeof applyUpdate>[1] | undefined;
  /** The task has ended with this step. */
  ended: boolean;
  answer?: Message;
}

/**
 * Folds the events of a task's runs, one after the other, into steps. Feed it every event of a run from its
 * first one on; events that it has seen are passed over.
 */
export class HistoryFold {
  task: Task | undefined;
  position: Position | undefined;
  sequence = 0;
  ended = false;
  answer: Message | undefined;
  /** The first run of all, when the history that was read tells it. */
  firstRunId: string | undefined;
  /** The run that was read last follows another: by continue-as-new, a retry or a schedule. */
  followsAnother = false;
  /** The run after the one that was read, once that has closed. */
  nextRunId: string | undefined;
  /** A worker has completed a workflow task of the run that was read last. */
  begun = false;
  /** A workflow task has failed, or timed out, and none was completed since. */
  failing = false;

  /** Earliest time, in ms since 1970, from which a workflow task of the run has been pending. */
  private pendingSince: number | undefined;
  private projection: Projection | undefined;
  private runId = '';
  private seen = 0;

  constructor(
    private readonly calls: TemporalCalls,
    private readonly workflowId: string,
  ) {}

  /** How long, in ms, a workflow task has waited for a worker, been at one or been tried again; 0 when none is pending. */
  get workflowTaskPendingMs(): number {
    return this.pendingSince === undefined ? 0 : Math.max(0, Date.now() - this.pendingSince);
  }

  /** The steps of one event: one for each update, and one without for an event that holds none. */
  async step(event: HistoryEvent): Promise<HistoryStep[]> {
    if (isWorkflowTaskEvent(event)) {
      this.workflowTask(event);
      return [];
    }
    const eventId = Number(event.eventId);
    const projection = await this.projectionFor(event);
    if (projection === undefined || eventId <= this.seen) return [];
    this.seen = eventId;
    const { updates, ended = false, answer, nextRunId } = await projection.project(event);
    this.nextRunId = nextRunId;
    this.ended = ended;
    if (answer !== undefined) this.answer = answer;
    const steps: HistoryStep[] = [];
    for (const [part, update] of (updates.length > 0 ? updates : [undefined]).entries()) {
      const before = this.task;
      if (update !== undefined) {
        if (before === undefined && !('task' in update)) continue;
        this.task =
          before === undefined && 'task' in update ? update.task : applyUpdate(before as Task, update);
      }
      if (this.task === undefined) continue;
      this.position = { runId: this.runId, eventId, part };
      this.sequence += 1;
      const last = part === Math.max(updates.length, 1) - 1;
      steps.push({
        position: this.position,
        sequence: this.sequence,
        task: this.task,
        before,
        update,
        ended: ended && last,
        ...(answer !== undefined && last && { answer }),
      });
    }
    return steps;
  }

  private workflowTask(event: HistoryEvent): void {
    if (event.workflowTaskCompletedEventAttributes) {
      this.begun = true;
      this.failing = false;
      this.pendingSince = undefined;
    } else {
      if (event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes)
        this.failing = true;
      // The server's clock may be ahead of ours.
      this.pendingSince ??= Math.min(Date.now(), msOf(event.eventTime));
    }
  }

  private async projectionFor(event: HistoryEvent): Promise<Projection | undefined> {
    const started = event.workflowExecutionStartedEventAttributes;
    if (!started) return this.projection;
    const runId = started.originalExecutionRunId ?? '';
    if (runId === this.runId) return this.projection;
    const fallback = await this.startOfFirstRun(event);
    this.runId = runId;
    this.followsAnother = Boolean(started.continuedExecutionRunId);
    this.firstRunId = started.firstExecutionRunId ?? undefined;
    this.seen = 0;
    this.nextRunId = undefined;
    this.begun = false;
    this.failing = false;
    this.pendingSince = undefined;
    this.projection = new Projection(this.calls.payloads, runId, fallback);
    return this.projection;
  }

  /** For a workflow that continued itself as new and knows nothing of A2A. */
  private async startOfFirstRun(event: HistoryEvent): Promise<TaskStart | undefined> {
    if ((await readTaskStart(this.calls.payloads, event)) !== undefined) return undefined;
    if (this.task !== undefined) return { task: this.task, agentId: '', message: emptyMessage };
    const firstRunId = event.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
    const first = await readFirstEvent(this.calls, {
      workflowId: this.workflowId,
      ...(firstRunId && { runId: firstRunId }),
    });
    return first && (await readTaskStart(this.calls.payloads, first))?.start;
  }
}

const emptyMessage: Message = { messageId: '', role: 'ROLE_USER', parts: [] };

/**
 * Every event of a run as it is now, page by page, and then of the runs that follow it.
 * @throws gRPC NOT_FOUND when the run is not there (any more)
 */
export async function* readSteps(
  calls: TemporalCalls,
  execution: ExecutionRef,
  fold: HistoryFold,
): AsyncGenerator<HistoryStep> {
  let next: ExecutionRef | undefined = execution;
  while (next !== undefined) {
    const current: ExecutionRef = next;
    let token: Uint8Array | undefined;
    do {
      const page = await calls.readHistory(current, token);
      for (const event of page.history?.events ?? []) yield* await fold.step(event);
      token = tokenOf(page);
    } while (token !== undefined);
    next =
      fold.nextRunId === undefined ? undefined : { workflowId: execution.workflowId, runId: fold.nextRunId };
  }
}

/** The task as its current run's history tells it. */
export async function foldHistory(calls: TemporalCalls, execution: ExecutionRef): Promise<HistoryFold> {
  const fold = new HistoryFold(calls, execution.workflowId);
  for await (const _ of readSteps(calls, execution, fold));
  return fold;
}

export async function readFirstEvent(
  calls: TemporalCalls,
  execution: ExecutionRef,
): Promise<HistoryEvent | undefined> {
  const page = await calls.readHistory(execution, undefined, 1);
  return page.history?.events?.[0];
}

/** Their IDs are used twice when a workflow task times out, and they tell nothing of the task. */
function isWorkflowTaskEvent(event: HistoryEvent): boolean {
  return Boolean(
    event.workflowTaskScheduledEventAttributes ??
      event.workflowTaskStartedEventAttributes ??
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes ??
      event.workflowTaskFailedEventAttributes,
  );
}
