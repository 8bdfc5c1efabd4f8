import { TaskNotFoundError } from '../a2a/errors';
import type { Meter } from '../metrics/meter';
import { CodecUnavailable } from '../temporal/codecs';
import { foldHistory } from './history';
import { HistoryCursor } from './history-cursor';
import type { HistoryFold } from './history-fold';
import type { CacheSection, ReadCache } from './read-cache';
import { RecentSteps } from './recent-steps';
import { resetIn } from './runs';
import { SharedCalls } from './shared-calls';
import {
  GRPC,
  type HistoryEvent,
  type HistoryPage,
  isGrpcError,
  type RunDescription,
  type TemporalCalls,
  tokenOf,
} from './temporal-calls';

export interface TaskFoldsOptions {
  calls: TemporalCalls;
  cache: ReadCache;
  metrics: Meter;
}

/**
 * The histories of tasks, folded as far as this node has read them, so that it reads each event once. Whoever asks gets
 * the task as it is then: Temporal is asked each time for its current run and the number of its events, and for events
 * only when there are more of them. Those who ask at once share that.
 */
export class TaskFolds {
  readonly recent: RecentSteps;
  private readonly known: CacheSection<HistoryCursor>;
  private readonly feeds = new Map<string, () => HistoryCursor>();
  private readonly reads = new SharedCalls<HistoryCursor>();

  constructor(private readonly options: TaskFoldsOptions) {
    this.recent = new RecentSteps(options.cache);
    this.known = options.cache.section('fold');
  }

  /** At the start of the task's history. */
  begin(taskId: string): HistoryCursor {
    return new HistoryCursor({ calls: this.options.calls, recent: this.recent }, taskId);
  }

  /**
   * The task as it is now. Others get the same cursor: it is for reading, and who goes on from it makes a copy.
   * @throws TaskNotFoundError and gRPC NOT_FOUND when the task is not there any more; BridgeError UNAVAILABLE
   */
  current(taskId: string): Promise<HistoryCursor> {
    return this.reads.run(taskId, () => this.read(taskId));
  }

  /**
   * Takes the first page of the current run's history, from which {@link current} goes on.
   * @returns what it tells
   * @throws what {@link HistoryFold.step} throws
   */
  async readAhead(taskId: string, page: HistoryPage): Promise<HistoryFold> {
    const { calls } = this.options;
    const isWhole = tokenOf(page) === undefined;
    const cursor = isWhole ? new HistoryCursor({ calls }, taskId) : this.begin(taskId);
    cursor.enter({ runId: runOf(page.history?.events ?? []) });
    cursor.take(page);
    cursor.isReadAhead = true;
    try {
      await this.fold(cursor, isWhole ? 0 : 1);
    } finally {
      // Others may have read further meanwhile, or know the task from before.
      const isKnown = this.feeds.has(taskId) || this.known.get(taskId) !== undefined;
      if (!isKnown && !cursor.fold.ended) this.keep(cursor);
    }
    return cursor.fold;
  }

  /** A feed reads on from now on, and knows more than other readers. @returns what tells where it has stopped */
  follow(taskId: string, cursor: () => HistoryCursor): (stopped: HistoryCursor) => void {
    this.feeds.set(taskId, cursor);
    return (stopped) => {
      if (this.feeds.get(taskId) !== cursor) return;
      this.feeds.delete(taskId);
      // It may be at an event still.
      void stopped.copy().then((copy) => this.keep(copy));
    };
  }

  private async read(taskId: string): Promise<HistoryCursor> {
    const feed = this.feeds.get(taskId)?.();
    const known = feed === undefined ? this.known.get(taskId) : await feed.copy();
    const isFirst = known === undefined || known.isReadAhead;
    this.options.metrics.add('a2a_read_cache_reads_total', { result: isFirst ? 'miss' : 'hit' });
    if (known === undefined) return this.readAll(taskId);
    known.isReadAhead = false;
    const now = await this.describe(taskId);
    if (now.runId === (known.run?.runId ?? known.fold.runId) && known.fold.next === undefined) {
      const read = await this.readOn(known, now);
      if (read !== undefined) {
        // The feed need not be asked about these again.
        if (feed?.run?.runId === now.runId && read === known)
          feed.length = Math.max(feed.length, read.length);
        return read;
      }
    }
    this.known.delete(taskId);
    return this.readAll(taskId);
  }

  private async describe(taskId: string): Promise<RunDescription> {
    try {
      return await this.options.calls.describeRun({ workflowId: taskId });
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) this.known.delete(taskId);
      throw error;
    }
  }

  /** Undefined when the task goes on in another run, or when it must be read from the start. */
  private async readOn(known: HistoryCursor, now: RunDescription): Promise<HistoryCursor | undefined> {
    const isNew = known.waiting > 0 || known.length < now.historyLength;
    if (known.fold.ended || !isNew) return known;
    if (known.token === undefined && known.waiting === 0) return undefined;
    const cursor = await known.copy();
    try {
      await this.fold(cursor, 0);
      const events = await this.toEnd(cursor, now);
      if (cursor.fold.next !== undefined) return undefined;
      if (events > 0) return this.keep(cursor);
      known.length = cursor.length;
      return known.waiting > 0 ? this.keep(cursor) : known;
    } catch (error) {
      if (this.isFinal(error)) throw error;
      return undefined;
    }
  }

  /** Whether it does not help to read in another way. */
  private isFinal(error: unknown): boolean {
    const isTold = error instanceof TaskNotFoundError || error instanceof CodecUnavailable;
    return isTold || this.options.calls.availability.isAway;
  }

  /** From the first event of the current run on, and through the runs that follow meanwhile. */
  private async readAll(taskId: string): Promise<HistoryCursor> {
    const { calls } = this.options;
    const cursor = this.begin(taskId);
    try {
      do {
        const { next } = cursor.fold;
        if (next !== undefined) cursor.enter(next);
        await this.readRun(cursor);
      } while (cursor.fold.next !== undefined);
      return this.keep(cursor);
    } catch (error) {
      // A codec is down, say: the same events are folded again then, and need not be read again.
      if (cursor.waiting > 0) this.keep(cursor);
      if (this.isFinal(error) || isGrpcError(error, GRPC.NOT_FOUND)) throw error;
      // Temporal has no long poll to spare, or is too slow for one.
      const fold = await foldHistory(calls, { workflowId: taskId });
      return this.keep(new HistoryCursor({ calls, recent: this.recent }, taskId, fold));
    }
  }

  private async readRun(cursor: HistoryCursor): Promise<void> {
    const { calls } = this.options;
    const execution = { workflowId: cursor.taskId, ...(cursor.run && { runId: cursor.run.runId }) };
    let page = await calls.readNewHistory(execution);
    const now = tokenOf(page) && (await calls.describeRun(execution));
    const runId = runOf(page.history?.events ?? []);
    if (cursor.run === undefined) {
      cursor.enter({ runId: now?.runId ?? runId });
      // The run has changed meanwhile, or was reset on a later page.
      const isOther = now !== undefined && now.runId !== runId;
      if (isOther) page = await calls.readNewHistory({ ...execution, runId: now.runId });
    }
    cursor.take(page);
    if (now === undefined) return this.fold(cursor, 0);
    await this.fold(cursor, 1);
    await this.toEnd(cursor, now);
  }

  /** Reads on to the end of the run, or to where nothing is new. @returns the number of events that were read */
  private async toEnd(cursor: HistoryCursor, { runId, historyLength }: RunDescription): Promise<number> {
    const execution = { workflowId: cursor.taskId, runId };
    let read = 0;
    let last = 0;
    while (cursor.token !== undefined && Math.max(last, cursor.readLength) < historyLength) {
      const page = await this.options.calls.readNewHistory(execution, cursor.token);
      const count = page.history?.events?.length ?? 0;
      last = cursor.take(page);
      read += count;
      if (count === 0) break;
      // The last one of a page may belong together with the first one of the next.
      await this.fold(cursor, cursor.token !== undefined && last < historyLength ? 1 : 0);
    }
    await this.fold(cursor, 0);
    if (cursor.fold.next === undefined) cursor.length = Math.max(cursor.length, historyLength);
    return read;
  }

  /** Folds what was read, but for the last `left` events. */
  private async fold(cursor: HistoryCursor, left: number): Promise<void> {
    while (cursor.waiting > left && cursor.fold.next === undefined) await cursor.step();
  }

  private keep(cursor: HistoryCursor): HistoryCursor {
    const { fold, taskId, token } = cursor;
    if (fold.ended || token !== undefined || cursor.waiting > 0) {
      // The Task of one that has ended is among the ended ones.
      this.known.set(taskId, cursor, () => (fold.ended ? 0 : cursor.bytes));
    }
    return cursor;
  }
}

/** The run that has this first page: before its last reset it has the events of another. */
function runOf(events: readonly HistoryEvent[]): string {
  const { originalExecutionRunId } = events[0]?.workflowExecutionStartedEventAttributes ?? {};
  const reset = events.findLast((event) => resetIn(event) !== undefined);
  return (reset && resetIn(reset)?.newRunId) ?? originalExecutionRunId ?? '';
}
