import type { RemoteEvent } from './wire/remote-client';

/** A stream of events that can be left while one is waited for. */
export class StoppableEvents {
  private readonly stop = new AbortController();
  private readonly events: AsyncGenerator<RemoteEvent>;
  private late: Promise<undefined> | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param open opens the stream, which ends with the signal that it is given */
  constructor(open: (signal: AbortSignal) => AsyncGenerator<RemoteEvent>, signal: AbortSignal) {
    this.events = open(AbortSignal.any([signal, this.stop.signal]));
  }

  /** Undefined at the end of the stream, or when its time is over. */
  async next(): Promise<RemoteEvent | undefined> {
    const next = this.events.next();
    next.catch(() => {});
    const result = await Promise.race([next, ...(this.late === undefined ? [] : [this.late])]);
    return result?.done === false ? result.value : undefined;
  }

  /** The next event has so many ms to come; any time without a number. */
  limit(ms: number | undefined): void {
    clearTimeout(this.timer);
    this.late =
      ms === undefined
        ? undefined
        : new Promise((resolve) => {
            this.timer = setTimeout(() => resolve(undefined), ms);
          });
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.stop.abort();
    await this.events.return(undefined).catch(() => {});
  }
}
