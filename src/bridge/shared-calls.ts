/**
 * Runs one call at a time for each key. Whoever comes while one runs shares the next one with all others that do, so
 * that nobody gets what was read before it came.
 */
export class SharedCalls<T> {
  private readonly running = new Map<string, Promise<T>>();
  private readonly waiting = new Map<string, Promise<T>>();

  run(key: string, call: () => Promise<T>): Promise<T> {
    const running = this.running.get(key);
    if (running === undefined) return this.start(key, call);
    const known = this.waiting.get(key);
    if (known !== undefined) return known;
    const next = () => {
      this.waiting.delete(key);
      return this.start(key, call);
    };
    const waiting = running.then(next, next);
    this.waiting.set(key, waiting);
    return waiting;
  }

  private start(key: string, call: () => Promise<T>): Promise<T> {
    const running = call();
    const ended = () => void this.running.delete(key);
    this.running.set(key, running);
    running.then(ended, ended);
    return running;
  }
}
