import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { TaskUpdate } from '../a2a/task-update';
import { MAX_PAYLOAD_BYTES, payloadBytes, tooLarge } from '../contract/limits';
import { maxActivityPayload } from './payload-limit';
import { isProgress, signalsLike, smallestGapMs, thinned } from '../contract/signal-pace';
import { GRPC, isGrpcError } from '../bridge/temporal-calls';

/** Updates that may wait for their signal before the activity has to. */
const QUEUE_LIMIT = 1_000;

/** Signals after which it is looked how long the history of the workflow is, at first and then each time. */
const LOOK_AFTER = { first: 5, next: 100 };

export interface UpdateQueueOptions {
  /** Stores updates in the workflow's history, as one signal; null stands for one that is left out. */
  signal: (updates: (TaskUpdate | null)[]) => Promise<void>;
  /** Length of the workflow's history. */
  historyLength?: () => Promise<number>;
  /** Whether what is told comes to the workflow by the end of the activity as well. */
  isExtra?: boolean;
}

/**
 * Updates on their way from an activity to a workflow. Those of one turn of the event loop leave together, at its end
 * when no signal is in flight; they are gathered while one is. Their order is kept.
 */
export class UpdateQueue {
  private readonly queue: TaskUpdate[] = [];
  private sent = 0;
  private sendable = 0;
  private sending: Promise<void> | undefined;
  private failure: unknown;
  /** Signals that the workflow seems to have got from others. */
  private others = 0;
  /** Temporal takes no more signals for the run. */
  private isFull = false;
  /** What is left is taken, and not sent. */
  private readonly taken = new AbortController();

  constructor(private readonly options: UpdateQueueOptions) {}

  /** Number of updates that no signal has taken yet. */
  get waiting(): number {
    return this.queue.length;
  }

  /** @throws what went wrong with an earlier signal */
  assertWorking(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * Takes no time unless the activity outruns Temporal.
   * @throws as {@link assertWorking}
   */
  async push(update: TaskUpdate): Promise<void> {
    this.assertWorking();
    if (this.isFull && this.isDispensable([update])) return;
    this.queue.push(update);
    this.sending ??= this.drain();
    if (this.queue.length >= QUEUE_LIMIT) await this.flush();
  }

  /** Resolves when all is in the workflow's history. @throws as {@link assertWorking} */
  async flush(): Promise<void> {
    await this.sending;
    this.assertWorking();
  }

  /**
   * What no signal has taken, once none is on its way any more; nothing more is pushed then.
   * @throws as {@link assertWorking}
   */
  async takeRest(): Promise<TaskUpdate[]> {
    this.taken.abort();
    await this.flush();
    return this.queue.splice(0);
  }

  private async drain(): Promise<void> {
    const { signal } = this.taken;
    try {
      await nextTurn();
      while (this.queue.length > 0 && !signal.aborted) {
        const wait = this.sendable - Date.now();
        // Not the activity's own sleep: what was reported before a cancellation still leaves.
        if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {});
        if (signal.aborted) break;
        const batch = this.takeBatch();
        const gap = smallestGapMs(this.sent + this.others);
        this.sendable = Date.now() + gap;
        await this.send(batch, gap);
        this.sent += 1;
        await this.look();
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.sending = undefined;
    }
  }

  private async send(batch: TaskUpdate[], gap: number): Promise<void> {
    try {
      await this.options.signal(thinned(batch, gap));
    } catch (error) {
      if (!isSignalLimit(error)) throw error;
      this.isFull = true;
      if (!this.isDispensable(batch)) {
        const message =
          'Temporal takes no more signals for this run of the workflow: report less, or continue as new';
        throw ApplicationFailure.nonRetryable(message, 'A2A_TOO_MANY_UPDATES');
      }
      const left = this.queue.splice(0);
      if (!this.isDispensable(left)) this.queue.push(...left);
    }
  }

  /** What nobody misses in the end. */
  private isDispensable(updates: readonly TaskUpdate[]): boolean {
    return this.options.isExtra === true || updates.every(isProgress);
  }

  private async look(): Promise<void> {
    const { historyLength } = this.options;
    if (historyLength === undefined) return;
    if (this.sent !== LOOK_AFTER.first && this.sent % LOOK_AFTER.next !== 0) return;
    this.others = Math.max(0, signalsLike(await historyLength()) - this.sent);
  }

  /** As many updates as one signal holds. */
  private takeBatch(): TaskUpdate[] {
    // One that is alone need not be measured.
    if (this.queue.length === 1) return this.queue.splice(0);
    let bytes = 2;
    let count = 0;
    for (const update of this.queue) {
      bytes += payloadBytes(update) + 1;
      if (count > 0 && bytes > MAX_PAYLOAD_BYTES) break;
      count += 1;
    }
    return this.queue.splice(0, count);
  }
}

/** @throws ApplicationFailure, not retryable, when the update exceeds Temporal's payload limit */
export function assertUpdateFits(update: TaskUpdate): void {
  const bytes = payloadBytes([update]);
  const max = maxActivityPayload();
  if (bytes <= max) return;
  throw ApplicationFailure.nonRetryable(
    tooLarge('an update of the task', bytes, { max }),
    'A2A_PAYLOAD_TOO_LARGE',
  );
}

/** Whether Temporal has refused a signal because the run has got all that it may. */
export function isSignalLimit(error: unknown): boolean {
  return (
    isGrpcError(error, GRPC.INVALID_ARGUMENT) && /limit for signal/i.test(String((error as Error).message))
  );
}
