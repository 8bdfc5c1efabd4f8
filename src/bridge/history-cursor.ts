import { HistoryFold } from './history-fold';
import type { HistoryStep } from './history-step';
import type { RecentSteps } from './recent-steps';
import type { Run } from './runs';
import { type HistoryEvent, type HistoryPage, type TemporalCalls, tokenOf } from './temporal-calls';

/** A Task is measured anew when what has come since may have made it larger by this many bytes. */
const MEASURED_EVERY = 64 * 1024;

/** What an event that waits is taken for. */
const EVENT_BYTES = 2_000;

export interface CursorOptions {
  calls: TemporalCalls;
  /** Is given the steps, unless they are only read for the Task at their end. */
  recent?: RecentSteps;
}

/** Where a reader is in the histories of a task: what it has folded, and how it goes on from there. */
export class HistoryCursor {
  /** For the page behind the last one. */
  token: Uint8Array | undefined;
  /** The run that is read. */
  run: Run | undefined;
  /** How many events of the run are known to be folded, from the first one on. */
  length = 0;
  /** What it holds was read for whoever asks next, and nobody has asked yet. */
  isReadAhead = false;
  /** Read, and not folded. */
  private pending: HistoryEvent[] = [];
  private measured = 0;
  private grownBy = 0;
  private atWork: Promise<unknown> | undefined;

  constructor(
    private readonly options: CursorOptions,
    readonly taskId: string,
    readonly fold = new HistoryFold(options.calls, taskId),
  ) {}

  /** Goes on with the first event of that run. */
  enter(run: Run): void {
    this.run = run;
    this.token = undefined;
    this.length = 0;
    this.pending = [];
    this.fold.enter(run);
  }

  /** Takes a page, whose events are folded by {@link step}. @returns the ID of its last event; 0 when it has none */
  take(page: HistoryPage): number {
    const events = page.history?.events ?? [];
    this.pending = [...this.pending, ...events];
    this.token = tokenOf(page);
    return Number(events.at(-1)?.eventId ?? 0);
  }

  /** Number of events that were read and are not folded. */
  get waiting(): number {
    return this.pending.length;
  }

  /** How many events of the run are known to be read. */
  get readLength(): number {
    return Math.max(this.length, Number(this.pending.findLast(isStored)?.eventId ?? 0));
  }

  /**
   * The steps of the next event that was read.
   * @throws what {@link HistoryFold.step} throws; then the event is still the next one
   */
  async step(): Promise<HistoryStep[]> {
    const [event, next] = this.pending;
    if (event === undefined) return [];
    const folding = this.fold.step(event, next);
    this.atWork = folding;
    try {
      const steps = await folding;
      this.pending.shift();
      // The ID of another one may be given to a further event, which is stored in its place.
      if (isStored(event)) this.length = Math.max(this.length, Number(event.eventId));
      this.remember(steps);
      return steps;
    } finally {
      this.atWork = undefined;
    }
  }

  /** What it costs to measure the steps is for those who keep them. */
  private remember(steps: readonly HistoryStep[]): void {
    const { recent } = this.options;
    if (!recent?.isOn) return;
    const sizes = steps.map(({ update }) => (update === undefined ? 0 : JSON.stringify(update).length));
    this.grownBy += sizes.reduce((sum, size) => sum + size, 0);
    recent.add(this.taskId, this.fold, steps, sizes);
  }

  /** A reader of its own at the same place, now or as soon as the next event is folded. */
  async copy(): Promise<HistoryCursor> {
    while (this.atWork !== undefined) await this.atWork.catch(() => {});
    const { token, run, length, pending, measured, grownBy } = this;
    const copy = new HistoryCursor(this.options, this.taskId, this.fold.copy());
    return Object.assign(copy, { token, run, length, pending: [...pending], measured, grownBy });
  }

  /** About the size of the Task as JSON. */
  get bytes(): number {
    const { task } = this.fold;
    if (task !== undefined && this.grownBy > Math.max(this.measured, MEASURED_EVERY)) {
      this.measured = JSON.stringify(task).length;
      this.grownBy = 0;
    }
    return this.measured + this.grownBy + this.pending.length * EVENT_BYTES;
  }
}

/** Those that tell of a workflow task which no worker has answered may not be in the history yet. */
function isStored(event: HistoryEvent): boolean {
  return !(event.workflowTaskScheduledEventAttributes ?? event.workflowTaskStartedEventAttributes);
}
