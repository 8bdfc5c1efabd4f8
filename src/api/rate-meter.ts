/** Longest time that a key is remembered after its last call matters, in ms. */
const SWEEP_MS = 10_000;

/**
 * How fast each of many callers may go: a token bucket for each key, kept as the one instant at which it is full again.
 * A key whose bucket is full takes no memory.
 */
export class RateMeter {
  /** When the bucket of a key is full again, in ms. */
  private readonly fullAt = new Map<string, number>();
  private sweepAt = 0;

  /** @param now gives the time in ms, of a clock that does not jump */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * How long until so much may be taken, in ms; 0 when it may be taken now. What is more than a whole bucket may be
   * taken when that is full.
   * @param most what the bucket holds, which fills in `perMs`
   */
  wait(key: string, amount: number, most: number, perMs: number): number {
    const now = this.now();
    const missing = Math.max(0, (this.fullAt.get(key) ?? 0) - now);
    return Math.max(0, missing + (Math.min(amount, most) * perMs) / most - perMs);
  }

  /** Takes so much, whether it is there or not. */
  take(key: string, amount: number, most: number, perMs: number): void {
    const now = this.now();
    this.sweep(now);
    this.fullAt.set(key, Math.max(this.fullAt.get(key) ?? 0, now) + (amount * perMs) / most);
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.fullAt.size;
  }

  private sweep(now: number): void {
    if (now < this.sweepAt) return;
    this.sweepAt = now + SWEEP_MS;
    for (const [key, fullAt] of this.fullAt) if (fullAt <= now) this.fullAt.delete(key);
  }
}
