import { setTimeout as sleep } from 'node:timers/promises';
import { overQuota } from '../a2a/errors';
import { type Limits, limitIn, type QuotaScope, quotaScopes, scopeKey } from '../config/quotas';
import { type Meter, NO_METER } from '../metrics/meter';
import type { TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';
import { Visibility } from './visibility';
import { openTasksQuery, webhooksQuery } from './visibility-query';

type Caller = Pick<CallContext, 'agent' | 'owner'>;

/** What is counted in Temporal. */
type Counted = 'openTasks' | 'webhooks';

const QUERIES = { openTasks: openTasksQuery, webhooks: webhooksQuery };
const THINGS = { openTasks: 'tasks open', webhooks: 'tasks with webhooks' };

/** Time in ms for which a count holds that is below its limit; starts at this node are added to it. */
const FRESH_MS = 2_000;

/** At a limit, Temporal is asked again after this time in ms. */
const RECOUNT_MS = 250;

/** How far visibility is behind, at most, in ms: so long is a start in doubt of taking a place. */
const BEHIND_MS = 1_000;

/** When a caller that is at its limit is to come again, in ms: tasks end whenever they please. */
const RETRY_MS = 5_000;

/** Counts of callers that have made nothing for so long are forgotten, in ms. */
const FORGET_MS = 60_000;

/**
 * How many tasks and webhooks are open, at all nodes together: as Temporal's visibility has them, which is behind by some
 * ten milliseconds to a second, and what this node has started since. So a limit may be exceeded by what several nodes
 * start within {@link FRESH_MS}.
 */
export class OpenCounts {
  private readonly counts = new Map<string, OpenCount>();
  private readonly visibility: Visibility;
  private sweepAt = 0;

  constructor(
    calls: TemporalCalls,
    private readonly defaults: Limits = {},
    private readonly metrics: Meter = NO_METER,
  ) {
    this.visibility = new Visibility(calls);
  }

  /**
   * Takes a place for each of these, while what takes it is started; when Temporal cannot count, there is one.
   * @throws BridgeError RESOURCE_EXHAUSTED, and what `start` throws
   */
  async within<T>(call: Caller, counted: readonly Counted[], start: () => Promise<T>): Promise<T> {
    const taken = await this.take(call, counted);
    try {
      const started = await start();
      for (const count of taken) count.add();
      return started;
    } finally {
      for (const count of taken) count.starting -= 1;
    }
  }

  private async take({ agent, owner }: Caller, counted: readonly Counted[]): Promise<OpenCount[]> {
    const scopes = quotaScopes(agent, owner, this.defaults);
    const taken: OpenCount[] = [];
    for (const quota of counted) {
      for (const scope of scopes) {
        const limit = limitIn(scope, quota);
        if (limit === undefined) continue;
        const count = this.countOf(quota, scope);
        if (await count.take(limit)) {
          taken.push(count);
          continue;
        }
        for (const each of taken) each.starting -= 1;
        this.metrics.add('a2a_quota_refusals_total', { quota, of: scope.of, agent: agent.id });
        const text = `${scope.who} ${count.estimate} ${THINGS[quota]}, and ${limit} is the limit`;
        throw overQuota(text, quota, limit, RETRY_MS);
      }
    }
    return taken;
  }

  private countOf(quota: Counted, scope: QuotaScope): OpenCount {
    this.sweep();
    const { owner, agentId } = scope;
    const key = `${quota} ${scopeKey(scope)}`;
    const query = QUERIES[quota]({
      ...(owner !== undefined && { owner }),
      ...(agentId !== undefined && { agentId }),
    });
    const known = this.counts.get(key) ?? new OpenCount(() => this.visibility.count(query));
    this.counts.set(key, known);
    return known;
  }

  private sweep(): void {
    const now = performance.now();
    if (now < this.sweepAt) return;
    this.sweepAt = now + FORGET_MS;
    for (const [key, count] of this.counts) if (now - count.usedAt > FORGET_MS) this.counts.delete(key);
  }
}

/** One count. */
class OpenCount {
  usedAt = performance.now();
  private counted = 0;
  private countedAt = Number.NEGATIVE_INFINITY;
  /** Those that are being started. */
  starting = 0;
  /** Those that were started since the count was asked for. */
  private started = 0;
  private startedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(private readonly ask: () => Promise<number>) {}

  get estimate(): number {
    return this.counted + this.started + this.starting;
  }

  async take(limit: number): Promise<boolean> {
    this.usedAt = performance.now();
    if (this.age > FRESH_MS) await this.count();
    if (this.estimate >= limit && this.age > RECOUNT_MS) await this.count();
    // What was started here a moment ago may have ended already, which visibility tells a little later.
    const doubtfulUntil = this.startedAt + BEHIND_MS;
    while (this.estimate >= limit && performance.now() < doubtfulUntil) await this.nextCount();
    if (this.estimate >= limit) return false;
    this.starting += 1;
    return true;
  }

  /** One was started. */
  add(): void {
    this.started += 1;
    this.startedAt = performance.now();
  }

  /** Counts as soon as Temporal may be asked again. */
  private async nextCount(): Promise<void> {
    this.next ??= sleep(Math.max(0, RECOUNT_MS - this.age))
      .then(() => this.count())
      .finally(() => {
        this.next = undefined;
      });
    await this.next;
  }

  private get age(): number {
    return performance.now() - this.countedAt;
  }

  private count(): Promise<void> {
    this.asking ??= this.countNow().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async countNow(): Promise<void> {
    const before = this.started;
    const askedAt = performance.now();
    try {
      this.counted = await this.ask();
      this.started -= before;
    } catch {
      // Whoever starts something hears from Temporal itself what is wrong.
      this.counted = 0;
      this.started = 0;
    }
    this.countedAt = askedAt;
  }
}
