import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `check` until it does not throw and does not answer undefined or false, and gives its answer.
 * @throws what `check` threw last, with the time it was given, after `timeoutMs`
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 15_000, intervalMs = 25 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await check();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
      failure = new Error(`the condition is still ${answer}: ${check}`);
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) {
      const { message } = failure as Error;
      throw new Error(`not so after ${timeoutMs} ms: ${message}`, { cause: failure });
    }
    await sleep(intervalMs);
  }
}
