import { CancellationScope, condition } from '@temporalio/workflow';

/** How long a workflow that ends waits for its calls. */
const LONGEST_WAIT = '30 seconds';

/** Scopes of the calls that have begun and not ended. */
const open = new Set<CancellationScope>();

/** Those whose task the workflow alone watches: no activity or child workflow hears when the workflow ends. */
const asleep = new Set<CancellationScope>();

/** Those that were cancelled because the workflow was about to end. */
const dropped = new Set<CancellationScope>();

/** Runs a call of an agent in a scope of its own, and knows of it for as long as it lasts. */
export async function whileOpen<T>(call: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope();
  open.add(scope);
  try {
    return await scope.run(call).finally(() => open.delete(scope));
  } catch (error) {
    // The code that has called is over: nothing there would take the error.
    if (dropped.has(scope)) return new Promise<never>(() => {});
    throw error;
  }
}

/** While this waits, the call that it is part of has neither an activity nor a child workflow at work. */
export async function whileAsleep<T>(wait: () => Promise<T>): Promise<T> {
  const scope = CancellationScope.current();
  asleep.add(scope);
  try {
    return await wait();
  } finally {
    asleep.delete(scope);
  }
}

/** Cancels the calls that nothing but the workflow could, which is about to end. */
export function dropSleepers(): void {
  for (const scope of asleep) {
    if (scope.consideredCancelled || !open.has(scope)) continue;
    dropped.add(scope);
    scope.cancel();
  }
}

/**
 * Resolves when no cancelled call is open; a workflow must not end before. Its own code may have ended already: what
 * `Promise.all` waits for ends with the first of its calls.
 */
export async function cancelledCallsEnded(): Promise<void> {
  const ended = () => ![...open].some((scope) => scope.consideredCancelled);
  if (ended()) return;
  await CancellationScope.nonCancellable(() => condition(ended, LONGEST_WAIT));
}
