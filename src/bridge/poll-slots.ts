/**
 * Long polls that this node may hold at once. A Temporal frontend allows 1,200 per namespace by default
 * (`frontend.namespaceCount`), shared by all nodes; feeds beyond the limit look from time to time instead.
 */
export class PollSlots {
  private used = 0;

  constructor(readonly limit: number) {}

  /** Long polls that are held. */
  get held(): number {
    return this.used;
  }

  /** Runs `poll` if a slot is free; otherwise returns undefined at once. */
  async use<T>(poll: () => Promise<T>): Promise<T | undefined> {
    if (this.used >= this.limit) return undefined;
    this.used += 1;
    try {
      return await poll();
    } finally {
      this.used -= 1;
    }
  }
}
