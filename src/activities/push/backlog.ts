import type { Meter } from '../../metrics/meter';

/** Time in ms for which a delivery that Temporal is to repeat counts beyond the time of its next attempt. */
const LATE_MS = 60_000;

interface Waiting {
  since: number;
  /** When it is not waited for here any more: another worker may have it. */
  until: number;
}

/** The deliveries of this worker that hold an event which its receiver has not taken yet. */
export class PushBacklog {
  /** Deliveries that run. */
  running = 0;
  private readonly waiting = new Map<string, Waiting>();

  /** @param since when the event came, in ms since 1970 */
  begin(delivery: string, since: number): void {
    this.waiting.set(delivery, { since, until: Number.POSITIVE_INFINITY });
  }

  /** The next attempt is in so many ms; until then the delivery does not run. */
  pause(delivery: string, ms: number): void {
    const waiting = this.waiting.get(delivery);
    if (waiting !== undefined) waiting.until = Date.now() + ms + LATE_MS;
  }

  end(delivery: string): void {
    this.waiting.delete(delivery);
  }

  /** Tells how it stands, whenever somebody looks. @returns ends that */
  meter(metrics: Meter): () => void {
    const labels = {};
    const ends = [
      metrics.gauge('a2a_push_deliveries', () => [{ labels, value: this.running }]),
      metrics.gauge('a2a_push_undelivered', () => [{ labels, value: this.now().length }]),
      metrics.gauge('a2a_push_oldest_undelivered_seconds', () => {
        const ages = this.now().map(({ since }) => Date.now() - since);
        return [{ labels, value: ages.reduce((oldest, age) => Math.max(oldest, age), 0) / 1_000 }];
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  private now(): Waiting[] {
    for (const [delivery, { until }] of this.waiting) if (until < Date.now()) this.waiting.delete(delivery);
    return [...this.waiting.values()];
  }
}
