import { shuttingDown } from '../a2a/errors';
import type { CallQuotas, CountedCall } from './quotas';

/** The streams that a server has open: how many, and a way to end them all. */
export class OpenStreams {
  private readonly endings = new Set<() => void>();
  private closed = false;

  constructor(private readonly quotas: CallQuotas) {}

  /**
   * Counts a stream until the function that it returns is called.
   * @param end ends the stream; called at shutdown
   * @throws BridgeError RESOURCE_EXHAUSTED, or UNAVAILABLE during shutdown
   */
  add(call: CountedCall, end: () => void): () => void {
    if (this.closed) throw shuttingDown();
    const release = this.quotas.openStream(call);
    this.endings.add(end);
    return () => {
      this.endings.delete(end);
      release();
    };
  }

  get size(): number {
    return this.endings.size;
  }

  /** Ends every stream with a word to its client, which resumes at another node, and lets no new one begin. */
  close(): void {
    this.closed = true;
    for (const end of [...this.endings]) end();
  }
}
