/** The calls that run on this node, so that they can be waited for and ended. */
export class RunningCalls {
  private readonly endings = new Set<() => void>();
  private whenNone: (() => void) | undefined;

  /**
   * Counts a call until the function that it returns is called.
   * @param end answers the call now
   */
  add(end: () => void): () => void {
    this.endings.add(end);
    return () => {
      this.endings.delete(end);
      if (this.endings.size === 0) this.whenNone?.();
    };
  }

  /** Waits until no call runs any more; those that still do after `graceMs` are ended. */
  async drain(graceMs: number): Promise<void> {
    if (this.endings.size === 0) return;
    const limit = setTimeout(() => {
      for (const end of [...this.endings]) end();
    }, graceMs);
    await new Promise<void>((resolve) => {
      this.whenNone = resolve;
    });
    clearTimeout(limit);
  }
}
