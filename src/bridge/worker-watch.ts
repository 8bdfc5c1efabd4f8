import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskQueues } from './task-queues';
import type { TemporalCalls } from './temporal-calls';

/** Pauses in ms: before the first look, since a worker of this process begins to poll about now; between two; and while a worker is missing. */
const LOOK_MS = { first: 5_000, next: 30_000, missing: 5_000 };

export interface WorkerWatchOptions {
  calls: TemporalCalls;
  queues: TaskQueues;
  /** As {@link LOOK_MS}. */
  lookMs?: typeof LOOK_MS;
}

/**
 * Looks whether workers poll the task queues of agents, and logs when none does and when one does again. Temporal
 * lists a worker for five minutes, so that it is told late of those that have gone, and never wrongly.
 */
export class WorkerWatch {
  private readonly watched = new Map<string, { waiting: string; stop: AbortController }>();
  private readonly missing = new Set<string>();

  constructor(private readonly options: WorkerWatchOptions) {}

  /**
   * Watches these task queues, and no others any more.
   * @param waiting what waits for the workers of each, as in `tasks of the agents "a", "b"`
   */
  watch(waiting: ReadonlyMap<string, string>): void {
    for (const [queue, { stop }] of this.watched) {
      if (waiting.has(queue)) continue;
      stop.abort();
      this.watched.delete(queue);
      this.missing.delete(queue);
    }
    for (const [queue, text] of waiting) {
      const known = this.watched.get(queue);
      const stop = known?.stop ?? new AbortController();
      this.watched.set(queue, { waiting: text, stop });
      if (known === undefined) void this.run(queue, stop.signal);
    }
  }

  close(): void {
    this.watch(new Map());
  }

  private async run(queue: string, signal: AbortSignal): Promise<void> {
    const { lookMs = LOOK_MS } = this.options;
    for (let pause = lookMs.first; !signal.aborted; ) {
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.look(queue, signal);
      pause = this.missing.has(queue) ? lookMs.missing : lookMs.next;
    }
  }

  private async look(queue: string, signal: AbortSignal): Promise<void> {
    const { calls, queues } = this.options;
    let polled: boolean;
    try {
      polled = await queues.isPolled(queue);
    } catch {
      // Temporal is away, which is said elsewhere, or does not let us ask.
      return;
    }
    if (signal.aborted || polled === !this.missing.has(queue)) return;
    const name = JSON.stringify(queue);
    if (polled) {
      this.missing.delete(queue);
      calls.logger.info({ taskQueue: queue }, `a worker polls the task queue ${name} now`);
    } else {
      this.missing.add(queue);
      const waiting = this.watched.get(queue)?.waiting ?? 'tasks';
      calls.logger.warn(
        { taskQueue: queue },
        `no worker polls the task queue ${name}: ${waiting} wait until one does`,
      );
    }
  }
}
