import { isDeepStrictEqual } from 'node:util';
import { applyUpdate, besideQuestions, type TaskUpdate } from '../a2a/task-update';
import type { Message, Task } from '../a2a/types';
import { SOURCE_HEADER, type TaskStart, UPDATE_NAME } from '../contract/contract';
import { ReportedUpdates, readSource, type UpdateSource } from '../contract/update-source';
import type { HistoryStep } from './history-step';
import { OpenChildren } from './open-children';
import { isPauseEvent, pauseIn } from './pause';
import { latest, type Position } from './position';
import { msOf, Projection } from './projection';
import { type Run, readFirstEvent, resetIn, runAfterTermination } from './runs';
import { isUnasked, SettledQuestions } from './settled-questions';
import { StatusNotice } from './status-notice';
import { readTaskStart } from './task-start';
import { GRPC, type HistoryEvent, isGrpcError, type TemporalCalls } from './temporal-calls';

type Started = NonNullable<HistoryEvent['workflowExecutionStartedEventAttributes']>;

interface Replacement {
  fold: HistoryFold;
  /** See {@link Run.heldAtReset}. */
  heldAtReset: number;
  /** Event at which the run parts from the one before. */
  resetPoint?: number;
}

/**
 * Folds the events of a task's runs, one after the other, into steps. Feed it every event of a run from its
 * first one on; events that it has seen are passed over.
 *
 * When a reset has put a run in the place of another, what both have in common makes no steps: the first one is
 * at the reset point, and tells the Task as it was there.
 */
export class HistoryFold {
  /** The Task as readers see it. */
  task: Task | undefined;
  position: Position | undefined;
  sequence = 0;
  ended = false;
  answer: Message | undefined;
  /** ID of the run that was read last. */
  runId = '';
  /** The first run of all, when the history that was read tells it. */
  firstRunId: string | undefined;
  /** The run after the one that was read, once that has closed. */
  next: Run | undefined;
  /** A worker has completed a workflow task of the run that was read last. */
  begun = false;
  /** A workflow task has failed, or timed out, and none was completed since. */
  failing = false;
  /** Child workflows of the run that was read last. */
  readonly children = new OpenChildren();

  /** The same for all folds that go on from one another, whose steps are counted alike. */
  readonly lineage = {};

  /** Earliest time, in ms since 1970, from which a workflow task of the run has been pending. */
  private pendingSince: number | undefined;
  private projection: Projection | undefined;
  private seen = 0;
  private reported = new ReportedUpdates();
  /** The Task as its updates make it. */
  private own: Task | undefined;
  private notice = new StatusNotice();
  /** The run that is read, when the reader knows; otherwise its history tells. */
  private entered: string | undefined;
  /** Of the run that takes the place of this one, up to where it parts from it. */
  private replacement: Replacement | undefined;
  private questions = new SettledQuestions();

  constructor(
    private readonly calls: TemporalCalls,
    private readonly workflowId: string,
  ) {}

  /** A fold of its own that goes on from the same event; not to be made while that is being folded. */
  copy(): HistoryFold {
    const { projection, replacement } = this;
    return Object.assign(new HistoryFold(this.calls, this.workflowId), this, {
      children: this.children.copy(),
      reported: this.reported.copy(),
      notice: this.notice.copy(),
      questions: this.questions.copy(),
      projection: projection?.copy(),
      replacement: replacement && { ...replacement, fold: replacement.fold.copy() },
    });
  }

  /** How long, in ms, a workflow task has waited for a worker, been at one or been tried again; 0 when none is pending. */
  get workflowTaskPendingMs(): number {
    return this.pendingSince === undefined ? 0 : Math.max(0, Date.now() - this.pendingSince);
  }

  /** What follows are the events of this run, from the first one on. */
  enter({ runId, heldAtReset }: Run): void {
    if (runId === this.entered) return;
    this.entered = runId;
    this.next = undefined;
    // The place of one that was not told of is taken by whatever follows.
    const held = heldAtReset ?? (this.replacement && 1);
    this.replacement = undefined;
    if (held === undefined || this.task === undefined) return;
    this.replacement = { fold: new HistoryFold(this.calls, this.workflowId), heldAtReset: held };
    this.replacement.fold.enter({ runId });
  }

  /**
   * The steps of one event: one for each update, and one without for an event that holds none. A question is told
   * behind its workflow task, unless that has closed it again.
   * @param next the event behind it, when it is known
   */
  async step(event: HistoryEvent, next?: HistoryEvent): Promise<HistoryStep[]> {
    if (this.replacement !== undefined) return this.replace(event, this.replacement);
    return this.questions.settle(await this.stepsOf(event), event, next);
  }

  private async stepsOf(event: HistoryEvent): Promise<HistoryStep[]> {
    this.children.note(event);
    if (isWorkflowTaskEvent(event)) {
      this.workflowTask(event);
      if (!event.workflowTaskCompletedEventAttributes || this.projection?.awaitsWork !== true) return [];
    }
    const eventId = Number(event.eventId);
    const projection = await this.projectionFor(event);
    if (projection === undefined || eventId <= this.seen) return [];
    if (event.workflowExecutionTerminatedEventAttributes) {
      const { runId, firstRunId } = this;
      this.next = await runAfterTermination(this.calls, this.workflowId, { runId, firstRunId }, event);
    }
    const { activityId } = event.activityTaskScheduledEventAttributes ?? {};
    if (activityId) this.reported.schedule(activityId);
    const source = sourceOf(event);
    const passedOver = this.reported.passedOver(source);
    if (this.next !== undefined || passedOver === Number.POSITIVE_INFINITY) {
      this.reported.take(source);
      this.seen = eventId;
      return [];
    }
    if (isPauseEvent(event)) {
      this.seen = eventId;
      return this.pauseOrGoOn(event);
    }
    const projected = await projection.project(event, passedOver);
    const { ended = false, answer, nextRunId } = projected;
    const { text } = this.notice;
    const updates = this.notice.unread.note(event, projected);
    // Only now: what a codec could not decode at the moment is read again.
    this.seen = eventId;
    this.reported.take(source);
    if (nextRunId !== undefined) this.next = { runId: nextRunId };
    this.ended = ended;
    if (ended) this.notice.paused = undefined;
    if (answer !== undefined) this.answer = answer;
    if (!ended && updates.length === 0 && this.notice.text !== text) return this.tellNotice(eventId);
    const steps: HistoryStep[] = [];
    const before = this.own;
    for (const [part, given] of (updates.length > 0 ? updates : [undefined]).entries()) {
      const update = given && this.own ? besideQuestions(this.own, given) : given;
      if (update !== undefined) {
        if (this.own === undefined && !('task' in update)) continue;
        this.own =
          this.own === undefined && 'task' in update ? update.task : applyUpdate(this.own as Task, update);
      }
      if (this.own === undefined) continue;
      const last = part === Math.max(updates.length, 1) - 1;
      steps.push({
        ...this.takeStep({ runId: this.runId, eventId, part }),
        update: update && this.shown(update),
        ended: ended && last,
        closing: ended,
        ...(answer !== undefined && last && { answer }),
        ...(update &&
          before &&
          'message' in update &&
          isUnasked(before, update.message, event) && { isUnasked: true }),
      });
    }
    return steps;
  }

  private pauseOrGoOn(event: HistoryEvent): HistoryStep[] {
    this.notice.paused = pauseIn(event);
    return this.tellNotice(Number(event.eventId));
  }

  /** The state stays what it was. */
  private tellNotice(eventId: number): HistoryStep[] {
    if (this.own === undefined) return [];
    const step = this.takeStep({ runId: this.runId, eventId, part: 0 });
    return [
      { ...step, update: { statusUpdate: { status: step.task.status } }, isNotice: true, ended: false },
    ];
  }

  private takeStep(position: Position): Pick<HistoryStep, 'position' | 'sequence' | 'task' | 'before'> {
    const { task: before } = this;
    const task = this.notice.on(this.own as Task, this.runId);
    this.task = task;
    this.position = position;
    this.sequence += 1;
    return { position, sequence: this.sequence, task, before };
  }

  /** The update as it changes what readers see. */
  private shown(update: TaskUpdate): TaskUpdate {
    const { task, notice } = this;
    if (notice.text === undefined || task === undefined) return update;
    if ('task' in update) return { task };
    if (!('statusUpdate' in update)) return update;
    return { statusUpdate: { ...update.statusUpdate, status: task.status } };
  }

  private workflowTask(event: HistoryEvent): void {
    const resetRunId = resetIn(event)?.newRunId;
    if (event.workflowTaskCompletedEventAttributes) {
      this.begun = true;
      if (this.projection !== undefined) this.projection.begun = true;
    }
    if (event.workflowTaskCompletedEventAttributes ?? resetRunId) {
      this.failing = false;
      this.pendingSince = undefined;
      if (resetRunId !== undefined) this.learnRun(resetRunId);
    } else {
      if (event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes)
        this.failing = true;
      // The server's clock may be ahead of ours.
      this.pendingSince ??= Math.min(Date.now(), msOf(event.eventTime));
    }
  }

  /**
   * Behind the reset point and the signals that were sent again there, everything is this run's; or behind what there
   * was when the run was found, when it has no reset point of its own.
   */
  private async replace(event: HistoryEvent, replacement: Replacement): Promise<HistoryStep[]> {
    const { fold, heldAtReset } = replacement;
    await fold.step(event);
    const eventId = Number(event.eventId);
    if (resetIn(event)?.newRunId === this.entered) replacement.resetPoint = eventId;
    const { resetPoint } = replacement;
    const goesOn = resetPoint !== undefined && event.workflowTaskScheduledEventAttributes;
    if (!goesOn && eventId < heldAtReset) return [];
    const { task: before, entered: runId = '' } = this;
    const sequence = this.sequence + 1;
    const { task, ended, answer } = fold;
    const position = latest(
      fold.position,
      resetPoint === undefined ? undefined : { runId, eventId: resetPoint, part: 0 },
    );
    if (task === undefined || position === undefined) return [];
    const questions = new SettledQuestions();
    Object.assign(this, { ...fold, position, sequence, replacement: undefined, questions });
    const isSame = isDeepStrictEqual(task, before);
    return [
      {
        position,
        sequence,
        task,
        before: isSame ? before : undefined,
        update: isSame ? undefined : { task },
        ended,
        ...(answer !== undefined && { answer }),
      },
    ];
  }

  /** Before its last reset a run has the events of another. */
  private learnRun(runId: string): void {
    if (this.projection === undefined || this.entered !== undefined) return;
    this.runId = runId;
    this.projection.runId = runId;
  }

  private async projectionFor(event: HistoryEvent): Promise<Projection | undefined> {
    const started = event.workflowExecutionStartedEventAttributes;
    if (!started) return this.projection;
    const runId = this.entered ?? started.originalExecutionRunId ?? '';
    if (runId === this.runId) return this.projection;
    const start = await readTaskStart(this.calls.payloads, this.workflowId, event);
    const fallback = start.kind === 'value' ? undefined : await this.startOfFirstRun(started);
    this.runId = runId;
    this.firstRunId = started.firstExecutionRunId ?? undefined;
    this.seen = 0;
    this.next = undefined;
    this.begun = false;
    this.failing = false;
    this.children.clear();
    this.pendingSince = undefined;
    this.reported = new ReportedUpdates();
    this.notice = new StatusNotice();
    this.projection = new Projection(this.calls, { taskId: this.workflowId, runId, start, fallback });
    return this.projection;
  }

  /** For a plain workflow that continued as new. */
  private async startOfFirstRun({ firstExecutionRunId }: Started): Promise<TaskStart | undefined> {
    if (this.own !== undefined) return { task: this.own, agentId: '', message: emptyMessage };
    const execution = {
      workflowId: this.workflowId,
      ...(firstExecutionRunId && { runId: firstExecutionRunId }),
    };
    try {
      const first = await readFirstEvent(this.calls, execution);
      const start = first && (await readTaskStart(this.calls.payloads, this.workflowId, first));
      return start?.kind === 'value' ? start.start : undefined;
    } catch (error) {
      // Its retention has ended.
      if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
      throw error;
    }
  }
}

/** Of a signal with what an activity has reported. */
function sourceOf(event: HistoryEvent): UpdateSource | undefined {
  const signal = event.workflowExecutionSignaledEventAttributes;
  return signal?.signalName === UPDATE_NAME ? readSource(signal.header?.fields?.[SOURCE_HEADER]) : undefined;
}

const emptyMessage: Message = { messageId: '', role: 'ROLE_USER', parts: [] };

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
