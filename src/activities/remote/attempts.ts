import type { Context } from '@temporalio/activity';

interface Attempt {
  /** What ends the attempt when a later one takes its place. */
  onReplaced(stop: (reason: Error) => void): void;
  end(): void;
}

interface Running {
  stop: (reason: Error) => void;
  ended: Promise<void>;
}

/**
 * Attempts of activities that run in this process. One whose heartbeats came too late goes on without knowing
 * that Temporal has given it up; the next attempt ends it here, so that the two do not report side by side.
 */
export class Attempts {
  private readonly running = new Map<string, Running>();

  async begin({ info }: Context): Promise<Attempt> {
    const key = `${info.workflowExecution?.runId}/${info.activityId}`;
    const before = this.running.get(key);
    before?.stop(new Error('Temporal has started another attempt'));
    await before?.ended;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const entry: Running = { stop: () => {}, ended };
    this.running.set(key, entry);
    return {
      onReplaced(stop) {
        entry.stop = stop;
      },
      end: () => {
        if (this.running.get(key) === entry) this.running.delete(key);
        end();
      },
    };
  }
}
