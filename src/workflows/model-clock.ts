import { CancellationScope, condition, sleep } from '@temporalio/workflow';

/** Measures the time that a task works and ends the work when it is used up. Waiting for the user does not count. */
export class WorkClock {
  private waiting = 0;
  private since = Date.now();
  private expired = false;

  /** @param used ms that were worked before, in an earlier run of the workflow */
  constructor(
    private readonly limitMs: number,
    private used = 0,
  ) {}

  get usedMs(): number {
    return this.waiting > 0 ? this.used : this.used + Date.now() - this.since;
  }

  /**
   * Runs `work` until it ends or the time is used up; then it is cancelled.
   * @param late makes the error for that
   */
  async limit<T>(work: () => Promise<T>, late: () => Error): Promise<T> {
    const scope = new CancellationScope({ cancellable: true });
    const watch = new CancellationScope({ cancellable: true });
    const watching = watch.run(() => this.watch(scope)).catch(() => {});
    try {
      return await scope.run(work);
    } catch (error) {
      throw this.expired ? late() : error;
    } finally {
      watch.cancel();
      await watching;
    }
  }

  /** Time stands still while this runs. */
  async pause<T>(wait: () => Promise<T>): Promise<T> {
    if (this.waiting === 0) this.used = this.usedMs;
    this.waiting += 1;
    try {
      return await wait();
    } finally {
      this.waiting -= 1;
      if (this.waiting === 0) this.since = Date.now();
    }
  }

  private async watch(scope: CancellationScope): Promise<void> {
    // A timer goes on while the clock stands still; what it then has run too little is waited for again.
    while (this.usedMs < this.limitMs) {
      await sleep(this.limitMs - this.usedMs, { summary: 'The longest time that the model may work' });
      await condition(() => this.waiting === 0);
    }
    this.expired = true;
    scope.cancel();
  }
}
