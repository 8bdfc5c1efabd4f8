import type { Duration } from '@temporalio/common';
import { ApplicationFailure, CancellationScope, sleep } from '@temporalio/workflow';
import { summaryOf } from '../contract/summary';
import { reasonOf } from './explained-end';

/** Type of the failure of what took too long. */
export const TIMED_OUT = 'A2A_STEP_TIMED_OUT';

/**
 * Runs for so long at most; what it does is cancelled then. As a `CancellationScope` with a timeout, whose timer could
 * not tell what it is for.
 * @param what as Temporal's UI is to name it
 */
export async function timed<T>(timeout: string | undefined, what: string, run: () => Promise<T>): Promise<T> {
  if (timeout === undefined) return run();
  const outer = CancellationScope.current();
  const scope = new CancellationScope();
  const limited = async () => {
    const timer = new CancellationScope();
    const summary = summaryOf(`${what}: the longest time for it`);
    timer
      .run(() => sleep(timeout as Duration, { summary }))
      .then(
        () => scope.cancel(),
        () => {},
      );
    try {
      return await run();
    } finally {
      if (!timer.consideredCancelled) timer.cancel();
    }
  };
  try {
    return await scope.run(limited);
  } catch (error) {
    if (!scope.consideredCancelled || outer.consideredCancelled) throw error;
    const why = reasonOf(error);
    throw ApplicationFailure.nonRetryable(
      `it took longer than ${timeout}${why === undefined ? '' : `; ${why}`}`,
      TIMED_OUT,
    );
  }
}
