import { hasMessage } from '../a2a/task-update';
import { KnownTasks } from './known-tasks';
import { readRun } from './history';
import { HistoryFold } from './history-fold';
import type { HistoryStep } from './history-step';
import { LookPace } from './look-pace';
import { PollSlots } from './poll-slots';
import { isBehind, type Position } from './position';
import { type Run, type Way, wayToRun } from './runs';
import type { StepQueue } from './step-queue';
import { LOOK_MS, TaskFeed } from './task-feed';
import { taskNotFound } from './task-not-found';
import { GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';

/** Where to begin: with the Task as it is, at the first event, at a message of the client, or behind a position. */
export type From = 'now' | 'start' | { messageId: string } | { position: Position };

export interface FollowOptions {
  from: From;
  /** This node started the task just now, with this run. */
  fresh?: Run | undefined;
}

export interface TaskFollowerOptions {
  /** Most long polls that are held at once. */
  maxLongPolls: number;
  /** As many at first; see {@link PollSlots}. */
  firstLongPolls?: number | undefined;
  /** As {@link LOOK_MS}. */
  lookMs?: typeof LOOK_MS;
  /** What the node has read of tasks, which is gone on from. */
  known?: KnownTasks;
}

/** The steps of a task that is followed. */
export interface Following extends AsyncIterableIterator<HistoryStep> {
  /** The task had ended before it was followed. */
  readonly hadEnded: boolean;
}

/**
 * Lets any number of readers follow any number of tasks: one feed for each task that is followed, begun with
 * its first reader and stopped after its last.
 */
export class TaskFollower {
  private readonly feeds = new Map<string, TaskFeed>();
  private readonly slots: PollSlots;
  private readonly pace: LookPace;
  private readonly known: KnownTasks;
  private closed = false;

  constructor(
    private readonly calls: TemporalCalls,
    options: TaskFollowerOptions,
  ) {
    const { maxLongPolls, firstLongPolls: first = maxLongPolls, lookMs = LOOK_MS } = options;
    this.slots = new PollSlots(maxLongPolls, { first });
    this.pace = new LookPace(lookMs);
    this.known = options.known ?? new KnownTasks(calls, 0);
  }

  /** Long polls that a caller holds beside the feeds count too. */
  get pollSlots(): PollSlots {
    return this.slots;
  }

  /** Number of tasks that are followed. */
  get size(): number {
    return this.feeds.size;
  }

  /** What is known of a task that is followed. */
  followed(taskId: string): HistoryFold | undefined {
    return this.feeds.get(taskId)?.fold;
  }

  /**
   * The steps of a task, gap-free and in order, to its end.
   *
   * Except behind a position, the first step stands for the Task as it is there. It does so behind a position that is
   * no part of the task any more, because of a reset or because the run is gone.
   * @throws TaskNotFoundError when there is no such workflow, or not any more
   */
  async follow(taskId: string, { from, fresh }: FollowOptions): Promise<Following> {
    const feed = this.feedFor(taskId, fresh);
    const live = feed.subscribe();
    if (fresh !== undefined && from === 'start' && feed.fold.sequence === 0)
      return new Steps(live, 0, none(), { hadEnded: false });
    // A long history must not fill the queue of a reader that cannot read yet.
    live.muted = true;
    try {
      await this.calls.availability.unlessAway(() => feed.caughtUp);
    } catch (error) {
      await live.return();
      throw error;
    }
    live.muted = false;
    const now = snapshot(feed.fold);
    if (from === 'now') return new Steps(live, now.sequence, once(now), { hadEnded: now.ended });
    const { firstRunId } = feed.fold;
    const recent = this.known.folds.recent.behind(taskId, feed.fold, from);
    const replay = this.replay(taskId, from, now, { firstRunId, recent });
    const awaited = isMessage(from) ? from : undefined;
    return new Steps(live, now.sequence, replay, { hadEnded: now.ended, awaited });
  }

  /** Ends every feed and every subscription. */
  close(): void {
    this.closed = true;
    for (const feed of [...this.feeds.values()]) feed.stop();
  }

  private feedFor(taskId: string, fresh: Run | undefined): TaskFeed {
    const known = this.feeds.get(taskId);
    if (known !== undefined) return known;
    const feed: TaskFeed = new TaskFeed({
      calls: this.calls,
      folds: this.known.folds,
      slots: this.slots,
      pace: this.pace,
      taskId,
      fresh,
      onIdle: () => {
        if (this.feeds.get(taskId) === feed) this.feeds.delete(taskId);
        this.known.keep(taskId, feed.fold);
      },
    });
    this.feeds.set(taskId, feed);
    if (this.closed) feed.stop();
    return feed;
  }

  /** What has happened before `until`, from where the reader wants it; read again unless the node remembers it. */
  private async *replay(
    taskId: string,
    wanted: Exclude<From, 'now'>,
    until: HistoryStep,
    { firstRunId, recent }: { firstRunId: string | undefined; recent: HistoryStep[] | undefined },
  ): AsyncGenerator<HistoryStep> {
    if (recent !== undefined) {
      const [first, ...more] = recent;
      if (first !== undefined) yield isPosition(wanted) ? first : withTask(first);
      yield* more;
      return;
    }
    let begun = false;
    try {
      const way = await this.wayTo(until, taskId, wanted, firstRunId);
      if (way === undefined) {
        yield until;
        return;
      }
      const from = isPosition(wanted) ? { position: way.position } : wanted;
      const fold = new HistoryFold(this.calls, taskId);
      for (const runId of way.runIds) {
        for await (const step of readRun(this.calls, { workflowId: taskId }, fold, { runId })) {
          const inLastRun = step.position.runId === until.position.runId;
          if (inLastRun && isBehind(step.position, until.position)) return;
          if (begun) {
            yield step;
          } else if (begins(step, from)) {
            begun = true;
            // Behind a position the reader goes on; otherwise it first needs the Task as it is here.
            yield isPosition(from) ? step : withTask(step);
          }
          if (inLastRun && !isBehind(until.position, step.position)) return;
        }
      }
    } catch (error) {
      if (!isGrpcError(error, GRPC.NOT_FOUND)) throw error;
      if (begun) throw taskNotFound(taskId);
      // The run is gone, as old runs are some day: the Task as it is, is the best that is left.
      yield until;
    }
  }

  /** Undefined when there is none: the reader gets the Task as it is. */
  private async wayTo(
    { position: { runId } }: HistoryStep,
    taskId: string,
    from: Exclude<From, 'now'>,
    firstRunId = runId,
  ): Promise<Way | undefined> {
    const start = { runId: isMessage(from) ? runId : firstRunId, eventId: 0, part: 0 };
    return wayToRun(this.calls, taskId, isPosition(from) ? from.position : start, runId);
  }
}

/** What was read again, then what comes live. */
class Steps implements Following {
  readonly hadEnded: boolean;
  private replaying = true;
  /** The message to begin at, which may not be in the history yet. */
  private awaited: { messageId: string } | undefined;

  constructor(
    private readonly live: StepQueue,
    after: number,
    private readonly replay: AsyncIterator<HistoryStep>,
    { hadEnded, awaited }: { hadEnded: boolean; awaited?: { messageId: string } | undefined },
  ) {
    this.hadEnded = hadEnded;
    this.awaited = awaited;
    live.after = after;
  }

  next(): Promise<IteratorResult<HistoryStep>> {
    if (this.replay instanceof Once && this.replay.isOver) this.replaying = false;
    // As nearly always: no promise beside that of the queue.
    return this.replaying || this.awaited !== undefined ? this.nextWanted() : this.live.next();
  }

  private async nextWanted(): Promise<IteratorResult<HistoryStep>> {
    if (this.replaying) {
      try {
        const step = await this.replay.next();
        if (step.done !== true) {
          this.awaited = undefined;
          return step;
        }
      } catch (error) {
        await this.live.return();
        throw error;
      }
      this.replaying = false;
    }
    let step = await this.live.next();
    while (step.done !== true && this.isBefore(step.value)) step = await this.live.next();
    if (step.done === true || this.awaited === undefined) return step;
    this.awaited = undefined;
    return { done: false, value: withTask(step.value) };
  }

  private isBefore(step: HistoryStep): boolean {
    return this.awaited !== undefined && !step.ended && !begins(step, this.awaited);
  }

  return(): Promise<IteratorResult<HistoryStep>> {
    return this.live.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The last one of each fold: whoever comes while nothing happens gets the same. */
const snapshots = new WeakMap<HistoryFold, HistoryStep>();

function snapshot(fold: HistoryFold): HistoryStep {
  const known = snapshots.get(fold);
  const { sequence, task, ended } = fold;
  if (known?.sequence === sequence && known.task === task && known.ended === ended) return known;
  const made = makeSnapshot(fold);
  snapshots.set(fold, made);
  return made;
}

function makeSnapshot(fold: HistoryFold): HistoryStep {
  const { task, position, sequence, ended, answer } = fold;
  if (task === undefined || position === undefined) throw new Error('The history has no first event');
  return { position, sequence, task, before: undefined, update: { task }, ended, ...(answer && { answer }) };
}

async function* none(): AsyncGenerator<HistoryStep> {}

/** One step. */
class Once implements AsyncIterator<HistoryStep> {
  isOver = false;

  constructor(private readonly step: HistoryStep) {}

  async next(): Promise<IteratorResult<HistoryStep>> {
    if (this.isOver) return { done: true, value: undefined };
    this.isOver = true;
    return { done: false, value: this.step };
  }
}

function once(step: HistoryStep): AsyncIterator<HistoryStep> {
  return new Once(step);
}

/** The step as one that tells the Task as it is there. */
function withTask(step: HistoryStep): HistoryStep {
  return { ...step, update: { task: step.task } };
}

/** ID of the message that is begun at. */
export function messageOf(from: From): string | undefined {
  return isMessage(from) ? from.messageId : undefined;
}

function isMessage(from: From): from is { messageId: string } {
  return typeof from === 'object' && 'messageId' in from;
}

function isPosition(from: From): from is { position: Position } {
  return typeof from === 'object' && 'position' in from;
}

function begins(step: HistoryStep, from: Exclude<From, 'now'>): boolean {
  if (from === 'start') return true;
  if (isPosition(from))
    return step.position.runId !== from.position.runId || isBehind(step.position, from.position);
  return hasMessage(step.task, from.messageId);
}
