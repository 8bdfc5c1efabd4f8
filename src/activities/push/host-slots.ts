/**
 * Bounds the requests to one host that this process has open at once, so that one slow receiver of many tasks
 * takes neither all sockets here nor is flooded itself. First come, first served.
 */
export class HostSlots {
  private readonly hosts = new Map<string, { used: number; waiting: (() => void)[] }>();

  constructor(private readonly perHost: number) {}

  /** Waits for a slot; call what it gives when done. Rejects with the reason of `signal`. */
  async acquire(host: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const known = this.hosts.get(host) ?? { used: 0, waiting: [] };
    this.hosts.set(host, known);
    if (known.used < this.perHost) {
      known.used += 1;
      return this.releaser(host);
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
    return this.releaser(host);
  }

  private releaser(host: string): () => void {
    let released = false;
    return () => {
      const known = this.hosts.get(host);
      if (released || known === undefined) return;
      released = true;
      const next = known.waiting.shift();
      // The slot goes on to the next in line.
      if (next !== undefined) next();
      else {
        known.used -= 1;
        if (known.used === 0) this.hosts.delete(host);
      }
    };
  }
}
