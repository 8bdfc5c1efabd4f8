import { LRUCache } from 'lru-cache';
import type { Entry, Visibility } from './visibility';
import { runsQuery, type TaskFilter } from './visibility-query';

/** Time in ms for which a run that was the latest one of its task is taken for it. */
const CONFIRMED_MS = 10_000;

/** Runs that one node remembers. */
const REMEMBERED = 50_000;

/**
 * Which runs are the latest ones of their tasks. A run that has closed does not tell of a reset, which may come at any
 * time; Temporal's list has the other run.
 */
export class LatestRuns {
  private readonly confirmed = new LRUCache<string, true>({ max: REMEMBERED, ttl: CONFIRMED_MS });

  constructor(private readonly visibility: Visibility) {}

  /** IDs of those of the runs that are not; asked at once for all that were not confirmed of late. */
  async superseded(runs: readonly Entry[], filter: TaskFilter): Promise<Set<string>> {
    const asked = runs.filter(({ runId }) => !this.confirmed.has(runId));
    const old = new Set<string>();
    if (asked.length === 0) return old;
    const query = runsQuery([...new Set(asked.map(({ taskId }) => taskId))]);
    if ((await this.visibility.count(query)) > asked.length) {
      const all = await this.visibility.read(query, filter);
      for (const { runId, taskId, startedAt } of asked) {
        if (all.some((other) => other.taskId === taskId && other.startedAt > startedAt)) old.add(runId);
      }
    }
    for (const { runId } of asked) if (!old.has(runId)) this.confirmed.set(runId, true);
    return old;
  }
}
