/** Looks in a second that a node takes at all the tasks for which it has no long poll. */
const LOOKS_PER_SECOND = 100;

/** How often tasks are looked at: the more there are, the longer each waits. */
export class LookPace {
  private lookers = 0;

  /** @param ms first and last pause between two looks at one task */
  constructor(private readonly ms: { first: number; last: number }) {}

  /** Tasks that are looked at. */
  get count(): number {
    return this.lookers;
  }

  /** One more task is looked at, until the function that it returns is called. */
  begin(): () => void {
    this.lookers += 1;
    return () => {
      this.lookers -= 1;
    };
  }

  /** The pause in ms before look number `n`, from 0, at one task. */
  pause(n: number): number {
    const { first, last } = this.ms;
    return Math.max(Math.min(first * 1.5 ** n, last), (1_000 * this.lookers) / LOOKS_PER_SECOND);
  }
}
