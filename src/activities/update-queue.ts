import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { TaskUpdate } from '../a2a/task-update';
import { MAX_PAYLOAD_BYTES, payloadBytes, tooLarge } from '../contract/limits';

/** Updates that may wait for their signal before the activity has to. */
const QUEUE_LIMIT = 1_000;

/**
 * Smallest time in ms between two signals of an activity that has sent `sent` of them. Each signal costs three
 * to four history events and Temporal ends a workflow at 51,200, so an activity that never stops talking is
 * slowed down by and by: it may send about 50 signals in its first second and 10,000 in its first ninety
 * minutes. Updates that come more slowly than that leave at once.
 */
function smallestGapMs(sent: number): number {
  return 20 + sent / 10;
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

  /** @param signal stores updates in the workflow's history, as one signal */
  constructor(private readonly signal: (updates: TaskUpdate[]) => Promise<void>) {}

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
    this.queue.push(update);
    this.sending ??= this.drain();
    if (this.queue.length >= QUEUE_LIMIT) await this.flush();
  }

  /** Resolves when all is in the workflow's history. @throws as {@link assertWorking} */
  async flush(): Promise<void> {
    await this.sending;
    this.assertWorking();
  }

  private async drain(): Promise<void> {
    try {
      await nextTurn();
      while (this.queue.length > 0) {
        const wait = this.sendable - Date.now();
        // Not the activity's own sleep: what was reported before a cancellation still leaves.
        if (wait > 0) await sleep(wait);
        const batch = this.takeBatch();
        this.sendable = Date.now() + smallestGapMs(this.sent);
        await this.signal(batch);
        this.sent += 1;
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.sending = undefined;
    }
  }

  /** As many updates as one signal holds. */
  private takeBatch(): TaskUpdate[] {
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
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw ApplicationFailure.nonRetryable(tooLarge('an update of the task', bytes), 'A2A_PAYLOAD_TOO_LARGE');
}
