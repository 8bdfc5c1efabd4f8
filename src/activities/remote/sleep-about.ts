import { setTimeout as sleep } from 'node:timers/promises';

/**
 * With up to a quarter more or less, so that a thousand waiting calls do not ask at once.
 * @throws the reason of the signal
 */
export async function sleepAbout(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms * (0.75 + Math.random() / 2), undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
