import { BridgeError, shuttingDown } from '../a2a/errors';

/** The streams that are open on this node: how many each caller has, and a way to end them all. */
export class OpenStreams {
  private readonly endings = new Map<string, Set<() => void>>();
  private closed = false;

  constructor(private readonly maxPerCaller: number) {}

  /**
   * Counts a stream until the function that it returns is called.
   * @param end ends the stream; called at shutdown
   * @throws BridgeError RESOURCE_EXHAUSTED, or UNAVAILABLE during shutdown
   */
  add(owner: string, end: () => void): () => void {
    if (this.closed) throw shuttingDown();
    const own = this.endings.get(owner) ?? new Set();
    if (own.size >= this.maxPerCaller) {
      throw new BridgeError(
        'RESOURCE_EXHAUSTED',
        `You have ${own.size} streams open, and ${this.maxPerCaller} is the limit: close one first`,
        { headers: { 'Retry-After': '5' } },
      );
    }
    this.endings.set(owner, own.add(end));
    return () => {
      own.delete(end);
      if (own.size === 0 && this.endings.get(owner) === own) this.endings.delete(owner);
    };
  }

  get size(): number {
    return [...this.endings.values()].reduce((sum, own) => sum + own.size, 0);
  }

  /** Ends every stream with a word to its client, which resumes at another node, and lets no new one begin. */
  close(): void {
    this.closed = true;
    for (const own of [...this.endings.values()]) for (const end of [...own]) end();
  }
}
