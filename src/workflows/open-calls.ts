import { CancellationScope, condition } from '@temporalio/workflow';

/** How long a cancelled workflow waits for its calls. */
const LONGEST_WAIT = '30 seconds';

let open = 0;

/** Counts a call of an agent for as long as it lasts. */
export async function whileOpen<T>(call: () => Promise<T>): Promise<T> {
  open++;
  try {
    return await call();
  } finally {
    open--;
  }
}

/**
 * Resolves when no call is open; a cancelled workflow must not end before. Its own code may have ended already: what
 * `Promise.all` waits for ends with the first of its calls.
 */
export async function callsEnded(): Promise<void> {
  if (open === 0 || !CancellationScope.current().consideredCancelled) return;
  await CancellationScope.nonCancellable(() => condition(() => open === 0, LONGEST_WAIT));
}
