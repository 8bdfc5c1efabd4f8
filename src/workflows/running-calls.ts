import { CancellationScope, condition } from '@temporalio/workflow';

/** How long a workflow that ends waits for its calls. */
const LONGEST_WAIT = '30 seconds';

/** Scopes of the calls that have begun and not ended. */
const running = new Set<CancellationScope>();

/** Those whose task the workflow alone watches: no activity or child workflow hears when the workflow ends. */
const unattended = new Set<CancellationScope>();

/** Those that were cancelled because the workflow was about to end. */
const cancelled = new Set<CancellationScope>();

/** Runs a call of an agent in a scope of its own, and knows of it for as long as it lasts. */
export async function whileRunning<T>(call: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope();
  running.add(scope);
  try {
    return await scope.run(call).finally(() => running.delete(scope));
  } catch (error) {
    // The code that has called is over: nothing there would take the error.
    if (cancelled.has(scope)) return new Promise<never>(() => {});
    throw error;
  }
}

/** While this waits, the call that it is part of has neither an activity nor a child workflow at work. */
export async function whileUnattended<T>(wait: () => Promise<T>): Promise<T> {
  const scope = CancellationScope.current();
  unattended.add(scope);
  try {
    return await wait();
  } finally {
    unattended.delete(scope);
  }
}

/** Cancels the calls that nothing but the workflow could, which is about to end. */
export function cancelUnattendedCalls(): void {
  for (const scope of unattended) {
    if (scope.consideredCancelled || !running.has(scope)) continue;
    cancelled.add(scope);
    scope.cancel();
  }
}

/**
 * Resolves when no cancelled call is running; a workflow must not end before. Its own code may have ended already: what
 * `Promise.all` waits for ends with the first of its calls.
 */
export async function cancelledCallsEnded(): Promise<void> {
  const ended = () => ![...running].some((scope) => scope.consideredCancelled);
  if (ended()) return;
  await CancellationScope.nonCancellable(() =>
    condition(ended, LONGEST_WAIT, { summary: 'How long the end of cancelled calls is waited for' }),
  );
}
