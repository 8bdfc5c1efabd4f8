/**
 * Which updates of a child are new. The child tells them itself, an activity reads them from its history, or both
 * happens for a while; both ways give all of them, in the same order.
 */
export class HeardUpdates {
  /** The child tells its updates itself, so that they need not be read. */
  reportsItself = false;
  private told = 0;
  private read = 0;
  /** Of those that the child tells itself: how many were read before the first of them came. */
  private known = 0;

  /** Of updates that the child itself has told. */
  fromChild<T>(updates: readonly T[]): T[] {
    if (!this.reportsItself) this.known = this.read;
    this.reportsItself = true;
    const news = updates.slice(Math.max(0, this.known - this.told));
    this.told += updates.length;
    return news;
  }

  /** Of updates that were read from the child's history behind so many others; some may come twice. */
  fromHistory<T>(updates: readonly T[], readFrom: number): T[] {
    if (this.reportsItself) return [];
    const news = updates.slice(Math.max(0, this.read - readFrom));
    this.read = Math.max(this.read, readFrom + updates.length);
    return news;
  }
}
