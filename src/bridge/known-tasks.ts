import type { Message, Task } from '../a2a/types';
import { type Meter, NO_METER } from '../metrics/meter';
import type { HistoryFold } from './history-fold';
import { type CacheSection, ReadCache } from './read-cache';
import { SharedCalls } from './shared-calls';
import { TaskFolds } from './task-folds';
import { GRPC, type HistoryPage, isGrpcError, type TemporalCalls } from './temporal-calls';

/** Time in ms for which the last run of a task is taken for the last one: a reset or deletion is noticed after it. */
const CONFIRMED_MS = 1_000;

/** How a closed run has ended its task, which never changes. */
export interface EndedTask {
  runId: string;
  task: Task;
  /** The Message that the agent has answered with. */
  answer?: Message;
}

/** By following the task, or by reading its history for a caller who asks; `read ahead`: who asks next. */
type HowLearned = 'followed' | 'read' | 'read ahead';

interface Remembered extends EndedTask {
  /** In ms since 1970. */
  confirmedAt: number;
  isReadAhead: boolean;
}

/**
 * What this node has read of tasks, so that it reads no event twice: how those that have ended did so, and how far it has
 * folded the histories of the others. Those that were asked for last are kept, within one limit of bytes for both.
 */
export class KnownTasks {
  /** The histories that were read, of those that go on too. */
  readonly folds: TaskFolds;
  private readonly cache: ReadCache;
  private readonly ended: CacheSection<Remembered>;
  private readonly confirmations = new SharedCalls<EndedTask | undefined>();

  /** @param maxBytes size of all that is remembered, as JSON; 0 for nothing */
  constructor(
    private readonly calls: TemporalCalls,
    maxBytes: number,
    private readonly metrics: Meter = NO_METER,
  ) {
    this.cache = new ReadCache(maxBytes);
    this.ended = this.cache.section('ended');
    this.folds = new TaskFolds({ calls, cache: this.cache, metrics });
  }

  /** Size of all that is remembered, as JSON. */
  get bytes(): number {
    return this.cache.bytes;
  }

  /** The end of the task's current run, as of now. */
  remember(taskId: string, ended: EndedTask, how: HowLearned = 'followed'): void {
    if (how !== 'followed') this.metrics.add('a2a_read_cache_reads_total', { result: 'miss' });
    const remembered = { ...ended, confirmedAt: Date.now(), isReadAhead: how === 'read ahead' };
    this.ended.set(taskId, remembered, () => JSON.stringify(ended.task).length);
  }

  /** The end of a task whose current run was folded; undefined when it has not ended. */
  keep(taskId: string, { ended, runId, task, answer }: HistoryFold, how?: HowLearned): EndedTask | undefined {
    if (!ended || task === undefined) return undefined;
    const end = { runId, task, ...(answer && { answer }) };
    this.remember(taskId, end, how);
    return end;
  }

  /**
   * Takes the first page of the current run's history, for whoever asks for the task next. What cannot be folded now is
   * no error: it is told to who asks.
   */
  async readAhead(taskId: string, page: HistoryPage): Promise<void> {
    if (!this.cache.isOn) return;
    try {
      this.keep(taskId, await this.folds.readAhead(taskId, page), 'read ahead');
    } catch {
      // The fold is where it was.
    }
  }

  /**
   * The history of a task, folded.
   * @throws what {@link TaskFolds.current} throws
   */
  async fold(taskId: string): Promise<HistoryFold> {
    const { fold } = await this.folds.current(taskId);
    this.keep(taskId, fold);
    return fold;
  }

  /** The end that its history tells; undefined when the task goes on, as after a reset. */
  async end(taskId: string): Promise<EndedTask | undefined> {
    const { fold } = await this.folds.current(taskId);
    return this.keep(taskId, fold);
  }

  /**
   * The end of the task's current run, if it is known; Temporal is asked whether that is still the current one, when it
   * has not been for so many ms.
   * @throws gRPC NOT_FOUND when the task is not there any more; BridgeError UNAVAILABLE
   */
  async current(taskId: string, withinMs = CONFIRMED_MS): Promise<EndedTask | undefined> {
    const known = this.ended.get(taskId);
    if (known?.isReadAhead) known.isReadAhead = false;
    else if (known !== undefined) this.metrics.add('a2a_read_cache_reads_total', { result: 'hit' });
    if (known === undefined || Date.now() - known.confirmedAt < withinMs) return known;
    return this.confirmations.run(taskId, () => this.confirm(taskId, known));
  }

  private async confirm(taskId: string, known: Remembered): Promise<EndedTask | undefined> {
    try {
      const { runId } = await this.calls.describeRun({ workflowId: taskId });
      if (runId === known.runId) {
        known.confirmedAt = Date.now();
        return known;
      }
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) this.ended.delete(taskId);
      throw error;
    }
    this.ended.delete(taskId);
    return undefined;
  }
}
