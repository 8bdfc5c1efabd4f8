/** Calls any number of listeners again and again, with one timer for all. It keeps no process alive. */
export class SharedTimer {
  private readonly listeners = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly everyMs: number) {}

  /** @returns ends it */
  add(listener: () => void): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tick(), this.everyMs).unref();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private tick(): void {
    // One that is removed meanwhile is not called.
    for (const listener of this.listeners) listener();
  }
}
