import { BridgeError } from '../a2a/errors';
import type { HistoryStep } from './history-step';

/** Steps that may wait for a slow reader before it is dropped. */
const MAX_WAITING = 2_000;

/** Steps that may wait before their reader should get a turn. */
const CROWDED = 500;

/** What one subscriber has not read yet. Bounded: a reader that falls too far behind gets an error instead. */
export class StepQueue implements AsyncIterableIterator<HistoryStep> {
  /** Drops what comes, for a reader that will begin with the Task as it is then. */
  muted = false;
  /** Drops steps up to this one, which the reader knows. */
  after = 0;
  private readonly waiting: HistoryStep[] = [];
  private pending:
    | { resolve: (result: IteratorResult<HistoryStep>) => void; reject: (error: unknown) => void }
    | undefined;
  private done = false;
  private error: unknown;

  constructor(private readonly onClose: () => void) {}

  get isCrowded(): boolean {
    return this.waiting.length >= CROWDED;
  }

  push(step: HistoryStep): void {
    if (this.done || this.muted || step.sequence <= this.after) return;
    if (this.pending !== undefined) {
      const { resolve } = this.pending;
      this.pending = undefined;
      resolve({ done: false, value: step });
    } else if (this.waiting.length < MAX_WAITING) {
      this.waiting.push(step);
    } else {
      this.fail(
        new BridgeError('RESOURCE_EXHAUSTED', 'The stream was read too slowly; resume it with Last-Event-ID'),
      );
    }
  }

  /** No more steps; what waits can still be read. */
  end(): void {
    this.close();
  }

  /** What waits can still be read; then reading throws. */
  fail(error: unknown): void {
    if (this.done) return;
    this.error = error;
    this.close();
  }

  next(): Promise<IteratorResult<HistoryStep>> {
    const step = this.waiting.shift();
    if (step !== undefined) return Promise.resolve({ done: false, value: step });
    if (this.done) return this.finish();
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<HistoryStep>> {
    this.waiting.length = 0;
    this.error = undefined;
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private close(): void {
    if (this.done) return;
    this.done = true;
    this.onClose();
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) this.finish().then(pending.resolve, pending.reject);
  }

  private finish(): Promise<IteratorResult<HistoryStep>> {
    const { error } = this;
    this.error = undefined;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }
}
