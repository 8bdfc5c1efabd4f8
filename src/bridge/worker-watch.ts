import { setMaxListeners } from 'node:events';
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
  private readonly stopping = new AbortController();
  private readonly missing = new Set<string>();

  constructor(private readonly options: WorkerWatchOptions) {
    // Each task queue that is watched listens to it.
    setMaxListeners(0, this.stopping.signal);
  }

  /**
   * @param queue name of a task queue
   * @param waiting what waits for its workers, as in `tasks of the agents "a", "b"`
   */
  watch(queue: string, waiting: string): void {
    void this.run(queue, waiting);
  }

  close(): void {
    this.stopping.abort();
  }

  private async run(queue: string, waiting: string): Promise<void> {
    const { lookMs = LOOK_MS } = this.options;
    const { signal } = this.stopping;
    for (let pause = lookMs.first; !signal.aborted; ) {
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.look(queue, waiting);
      pause = this.missing.has(queue) ? lookMs.missing : lookMs.next;
    }
  }

  private async look(queue: string, waiting: string): Promise<void> {
    const { calls, queues } = this.options;
    let polled: boolean;
    try {
      polled = await queues.isPolled(queue);
    } catch {
      // Temporal is away, which is said elsewhere, or does not let us ask.
      return;
    }
    if (polled === !this.missing.has(queue)) return;
    const name = JSON.stringify(queue);
    if (polled) {
      this.missing.delete(queue);
      calls.logger.info({ taskQueue: queue }, `a worker polls the task queue ${name} now`);
    } else {
      this.missing.add(queue);
      calls.logger.warn(
        { taskQueue: queue },
        `no worker polls the task queue ${name}: ${waiting} wait until one does`,
      );
    }
  }
}
