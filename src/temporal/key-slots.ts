/** Bounds how much is under way at once for each key, in this process. First come, first served. */
export class KeySlots {
  private readonly keys = new Map<string, { used: number; waiting: (() => void)[] }>();

  constructor(private readonly perKey: number) {}

  /** Waits for a slot; call what it gives when done. Rejects with the reason of `signal`. */
  async acquire(key: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const known = this.keys.get(key) ?? { used: 0, waiting: [] };
    this.keys.set(key, known);
    if (known.used < this.perKey) {
      known.used += 1;
      return this.releaser(key);
    }
    await new Promise<void>((resolve, reject) => {
      const abandon = () => {
        known.waiting.splice(known.waiting.indexOf(admit), 1);
        reject(signal.reason);
      };
      const admit = () => {
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      signal.addEventListener('abort', abandon, { once: true });
      known.waiting.push(admit);
    });
    return this.releaser(key);
  }

  private releaser(key: string): () => void {
    let released = false;
    return () => {
      const known = this.keys.get(key);
      if (released || known === undefined) return;
      released = true;
      const next = known.waiting.shift();
      // The slot goes on to the next in line.
      if (next !== undefined) next();
      else {
        known.used -= 1;
        if (known.used === 0) this.keys.delete(key);
      }
    };
  }
}
