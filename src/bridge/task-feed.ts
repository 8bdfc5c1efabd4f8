import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { BridgeError, TaskNotFoundError, unavailable } from '../a2a/errors';
import type { HistoryFold } from './history-fold';
import type { HistoryCursor } from './history-cursor';
import type { HistoryStep } from './history-step';
import type { LookPace } from './look-pace';
import type { PollSlots } from './poll-slots';
import { type Run, readEvents } from './runs';
import { StepQueue } from './step-queue';
import type { TaskFolds } from './task-folds';
import { taskNotFound } from './task-not-found';
import {
  abortable,
  type ExecutionRef,
  GRPC,
  type HistoryEvent,
  type HistoryPage,
  isGrpcError,
  type TemporalCalls,
} from './temporal-calls';

/** Pause in ms before a failed poll is repeated: from the first to the last. */
const RETRY_MS = { first: 100, last: 2_000 };

/** Pause in ms between two looks at a task that has no long poll: from the first to the last. */
export const LOOK_MS = { first: 1_000, last: 5_000 };

export interface FeedOptions {
  calls: TemporalCalls;
  folds: TaskFolds;
  slots: PollSlots;
  pace: LookPace;
  taskId: string;
  /** The first run of a task that was started just now: what its first page holds is all there is. */
  fresh: Run | undefined;
  /** Called when nobody follows the task any more. */
  onIdle: () => void;
}

/**
 * Follows the history of one task for all that want to know, with one long poll, and without asking a worker.
 * Losing Temporal for a while is not an error: the feed goes on where it was when Temporal is back.
 */
export class TaskFeed {
  /** Resolves when `fold` holds all that had happened when the feed began. */
  readonly caughtUp: Promise<void>;

  private readonly queues = new Set<StepQueue>();
  private readonly stopping = new AbortController();
  private cursor: HistoryCursor;
  /** Hands the place that the feed has come to back to the node; once it knows one. */
  private release: ((cursor: HistoryCursor) => void) | undefined;
  private markCaughtUp: () => void = () => {};
  private markFailed: (error: unknown) => void = () => {};
  private knownLength = 0;

  constructor(private readonly options: FeedOptions) {
    const { folds, taskId, fresh } = options;
    this.cursor = folds.begin(taskId);
    if (fresh !== undefined) {
      this.cursor.enter({ runId: fresh.runId });
      this.release = folds.follow(taskId, () => this.cursor);
    }
    this.caughtUp = new Promise((resolve, reject) => {
      this.markCaughtUp = resolve;
      this.markFailed = reject;
    });
    this.caughtUp.catch(() => {});
    void this.run();
  }

  /** The task as far as the feed has come. */
  get fold(): HistoryFold {
    return this.cursor.fold;
  }

  /** What happens from now on; closing the queue unsubscribes. */
  subscribe(): StepQueue {
    const queue = new StepQueue(() => {
      this.queues.delete(queue);
      if (this.queues.size === 0) this.stop();
    });
    this.queues.add(queue);
    if (this.fold.ended) queue.end();
    return queue;
  }

  /** Ends the feed and every subscription. */
  stop(): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.idle();
    for (const queue of [...this.queues]) queue.end();
    this.markFailed(unavailable('This server is stopping; try again in a moment'));
  }

  private async run(): Promise<void> {
    let pause = RETRY_MS.first;
    while (!this.fold.ended && !this.stopping.signal.aborted) {
      try {
        if (this.release === undefined) await this.begin();
        await this.goOn();
        pause = RETRY_MS.first;
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        if (isFinal(error)) return this.fail(error);
        await this.pause(pause);
        pause = Math.min(pause * 2, RETRY_MS.last);
      }
    }
    if (this.stopping.signal.aborted) return;
    for (const queue of [...this.queues]) queue.end();
    this.idle();
  }

  /** Begins where the node has come to with the task by now. */
  private async begin(): Promise<void> {
    const { folds, taskId } = this.options;
    const known = await folds.current(taskId);
    const cursor = await known.copy();
    if (this.stopping.signal.aborted) return;
    this.cursor = cursor;
    this.knownLength = cursor.token === undefined ? 0 : cursor.length;
    this.release = folds.follow(taskId, () => this.cursor);
    this.markCaughtUp();
  }

  /** To the end of the task; after an error it may be called again. */
  private async goOn(): Promise<void> {
    const { cursor, stopping } = this;
    let pause = RETRY_MS.first;
    while (!this.fold.ended && !stopping.signal.aborted) {
      if (cursor.waiting > 0) {
        await this.publishNext();
        // What follows a first event holds nothing that a reader could have missed.
        this.markCaughtUp();
        // Readers write what they were told before the next poll is made, which takes as long as all of that.
        if (cursor.waiting === 0) await nextTurn();
        continue;
      }
      const { runId } = cursor.run ?? this.fold;
      try {
        cursor.take(await this.nextPage({ workflowId: cursor.taskId, runId }, cursor.token));
        pause = RETRY_MS.first;
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        // Temporal takes no token of before it has loaded a run anew; the fold passes over what it has seen of it.
        if (cursor.token !== undefined && isGrpcError(error, GRPC.INVALID_ARGUMENT)) cursor.token = undefined;
        else if (isFinal(error)) throw error;
        // The token stays good while Temporal is away.
        await this.pause(pause);
        pause = Math.min(pause * 2, RETRY_MS.last);
      }
    }
    this.markCaughtUp();
  }

  private async publishNext(): Promise<void> {
    for (const step of await this.nextSteps()) {
      this.publish(step);
      // One event may hold thousands of steps: whoever reads as fast as they come must get to read them.
      if (this.isCrowded) await nextTurn();
    }
    const { next } = this.fold;
    if (next === undefined) return;
    this.cursor.enter(next);
    this.knownLength = 0;
  }

  /** What a codec cannot decode now is tried again, however long that takes: nothing is passed over. */
  private async nextSteps(): Promise<HistoryStep[]> {
    for (let pause = RETRY_MS.first; ; pause = Math.min(pause * 2, RETRY_MS.last)) {
      try {
        return await this.cursor.step();
      } catch (error) {
        if (!(error instanceof BridgeError) || this.stopping.signal.aborted) throw error;
        await this.pause(pause);
      }
    }
  }

  /** The next page, by a long poll when there is a slot for it, else by looking until there is something. */
  private async nextPage(execution: ExecutionRef, token?: Uint8Array): Promise<HistoryPage> {
    const { calls, slots, pace } = this.options;
    const { signal } = this.stopping;
    const poll = () =>
      calls.pollHistory(execution, { signal, ...(token !== undefined && { nextPageToken: token }) });
    const polled = await abortable(slots.use(poll), signal);
    if (polled !== undefined) return polled;
    const end = pace.begin();
    try {
      for (let look = 0; ; look++) {
        const { historyLength } = await calls.describeRun(execution);
        if (historyLength !== this.knownLength) {
          // There is something new, so a poll is answered at once.
          const page = (await abortable(slots.run(poll), signal)) ?? (await this.readAll(execution, token));
          this.knownLength = historyLength;
          return page;
        }
        await this.pause(pace.pause(look));
        const page = await abortable(slots.use(poll), signal);
        if (page !== undefined) return page;
      }
    } finally {
      end();
    }
  }

  /** A page of all that there is, without a long poll; what the fold has seen it passes over. */
  private async readAll(execution: ExecutionRef, nextPageToken?: Uint8Array): Promise<HistoryPage> {
    const events: HistoryEvent[] = [];
    for await (const event of readEvents(this.options.calls, execution)) events.push(event);
    return { history: { events }, ...(nextPageToken !== undefined && { nextPageToken }) };
  }

  private idle(): void {
    this.release?.(this.cursor);
    this.options.onIdle();
  }

  private get isCrowded(): boolean {
    for (const queue of this.queues) if (queue.isCrowded) return true;
    return false;
  }

  private publish(step: HistoryStep): void {
    for (const queue of [...this.queues]) queue.push(step);
  }

  private fail(error: unknown): void {
    const reason = isGrpcError(error, GRPC.NOT_FOUND) ? taskNotFound(this.options.taskId) : error;
    this.stopping.abort();
    this.idle();
    this.markFailed(reason);
    for (const queue of [...this.queues]) queue.fail(reason);
  }

  /** Longer while Temporal is away. */
  private async pause(ms: number): Promise<void> {
    const { signal } = this.stopping;
    await sleep(ms, undefined, { signal }).catch(() => {});
    await this.options.calls.availability.whenBack(signal);
  }
}

/** What Temporal will answer again however often it is asked. */
function isFinal(error: unknown): boolean {
  return error instanceof TaskNotFoundError || isGrpcError(error, GRPC.NOT_FOUND, GRPC.INVALID_ARGUMENT);
}
