import { setTimeout as sleep } from 'node:timers/promises';

/** Tries until it does not throw; after `patienceMs`, throws what it throws. */
export async function eventually(body, patienceMs = 20_000) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await body();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
