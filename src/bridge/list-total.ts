import { LRUCache } from 'lru-cache';
import { isTerminal } from '../a2a/task-update';
import { inBatches } from './batches';
import { type ClosedRuns, isDoubtful, mayHaveFailed, type RunEnd } from './closed-runs';
import type { Entry, Visibility } from './visibility';
import { type TaskFilter, type TimeWindow, visibilityQuery } from './visibility-query';
import { visibleState } from './visible-task';

/** Time in ms for which a total is not counted again, at least and at most. */
const REMEMBERED_MS = { least: 250, most: 10_000 };

/** And for each task of the list, since Temporal looks at every one: so that counting takes a few percent of the time. */
const REMEMBERED_MS_PER_TASK = 0.2;

/** Superseded runs of one agent and owner that a node remembers. */
const SUPERSEDED_LIMIT = 100;

/** Whether a task that is in this state belongs to the list. */
export function isIn({ status }: TaskFilter, end: RunEnd | undefined): boolean {
  return end !== 'superseded' && (status === undefined || end === status);
}

/** How many tasks a list holds: what visibility counts, put right by what closing events and superseded runs tell. */
export class ListTotals {
  private readonly totals = new LRUCache<string, Promise<number>>({ max: 1_000, ttl: REMEMBERED_MS.most });
  /** Run IDs, by agent and owner. */
  private readonly superseded = new LRUCache<string, Set<string>>({ max: 1_000 });

  constructor(
    private readonly visibility: Visibility,
    private readonly closed: ClosedRuns,
    private readonly doubtLimit: number,
  ) {}

  /** A run that is not the latest of its task. */
  note(filter: TaskFilter, runId: string): void {
    const key = callerOf(filter);
    const known = this.superseded.get(key) ?? new Set<string>();
    if (known.has(runId)) return;
    known.add(runId);
    const [oldest] = known;
    if (known.size > SUPERSEDED_LIMIT && oldest !== undefined) known.delete(oldest);
    this.superseded.set(key, known);
    this.totals.clear();
  }

  /** As it was a quarter of a second ago, at most, or for long lists some seconds. */
  count(filter: TaskFilter, window: TimeWindow): Promise<number> {
    const key = JSON.stringify([filter, String(window.from)]);
    const known = this.totals.get(key);
    if (known !== undefined) return known;
    const counted = this.countNow(filter, window);
    this.totals.set(key, counted);
    counted.then(
      (total) => {
        if (this.totals.peek(key) !== counted) return;
        const ttl = Math.max(REMEMBERED_MS.least, REMEMBERED_MS_PER_TASK * total);
        this.totals.set(key, counted, { ttl: Math.min(ttl, REMEMBERED_MS.most) });
      },
      () => this.totals.delete(key),
    );
    return counted;
  }

  private async countNow(filter: TaskFilter, window: TimeWindow): Promise<number> {
    const query = visibilityQuery(filter, window);
    const superseded = [...(this.superseded.get(callerOf(filter)) ?? [])];
    const ofSuperseded = `${query} AND RunId IN (${superseded.map((runId) => `'${runId}'`).join(', ')})`;
    const [listed, gone, doubtful] = await Promise.all([
      this.visibility.count(query),
      superseded.length === 0 ? 0 : this.visibility.count(ofSuperseded),
      this.readDoubtful(filter, window),
    ]);
    const ends = await inBatches(doubtful, (entry) => this.closed.endOf(entry));
    let total = listed - gone;
    for (const [index, entry] of doubtful.entries()) {
      if (superseded.includes(entry.runId)) continue;
      if (isIn(filter, ends[index])) total += 1;
      if (isIn(filter, visibleState(entry))) total -= 1;
    }
    return total;
  }

  private async readDoubtful(filter: TaskFilter, window: TimeWindow): Promise<Entry[]> {
    const { status, ...anyState } = filter;
    if (status !== undefined && !isTerminal(status)) return [];
    const newest = async (which: 'doubtful' | 'returned', isSo: (entry: Entry) => boolean) => {
      const query = visibilityQuery(anyState, window, which, 'closed');
      return (await this.visibility.read(query, filter, this.doubtLimit)).filter(isSo);
    };
    const found = await Promise.all([
      newest('doubtful', isDoubtful),
      ...(filter.plain && status !== undefined ? [newest('returned', mayHaveFailed)] : []),
    ]);
    return found.flat();
  }
}

function callerOf({ agentId, owner }: TaskFilter): string {
  return JSON.stringify([agentId, owner]);
}
