import type { Context, Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import { isTerminal } from '../../a2a/task-update';
import { isAbandoned } from './abandoned';
import type { CallStop } from './call-stop';
import { isRemoteFault } from './fault';
import type { RemoteClient } from './wire/remote-client';

/** What Temporal does when a retry policy does not say. */
const FIRST_INTERVAL_MS = 1_000;
const COEFFICIENT = 2;
const LONGEST_INTERVAL = 100;

/** Between two looks at a task that is being cancelled, in ms. */
const LOOK_MS = 250;

/** Whether nobody waits any more for the remote task of an attempt that ends with `error`. */
export async function isUnwanted(context: Context, stop: CallStop, error: unknown): Promise<boolean> {
  if (stop.isReplaced) return false;
  const { cancellationSignal, info } = context;
  if (cancellationSignal.aborted && stop.isCancelled) return true;
  return !isRetried(info, error) || (await isAbandoned(context));
}

/** Whether Temporal will make another attempt when this one fails so. */
function isRetried(
  { attempt, retryPolicy = {}, scheduledTimestampMs, scheduleToCloseTimeoutMs }: Info,
  error: unknown,
): boolean {
  const { maximumAttempts = 0, nonRetryableErrorTypes = [] } = retryPolicy;
  const { type, isFinal, delayMs } = outcomeOf(error);
  if (isFinal || (type !== undefined && nonRetryableErrorTypes.includes(type))) return false;
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return false;
  const next = Date.now() + (delayMs ?? backoffMs(attempt, retryPolicy));
  return !(scheduleToCloseTimeoutMs > 0) || next < scheduledTimestampMs + scheduleToCloseTimeoutMs;
}

function outcomeOf(error: unknown): { type?: string; isFinal: boolean; delayMs?: number | undefined } {
  if (isRemoteFault(error)) {
    return { type: error.type, isFinal: !error.retryable, delayMs: error.retryAfterMs };
  }
  if (!(error instanceof ApplicationFailure)) return { isFinal: false };
  return { isFinal: error.nonRetryable === true, ...(error.type != null && { type: error.type }) };
}

function backoffMs(attempt: number, policy: NonNullable<Info['retryPolicy']>): number {
  const first = msToNumber(policy.initialInterval ?? FIRST_INTERVAL_MS);
  const longest = msToNumber(policy.maximumInterval ?? first * LONGEST_INTERVAL);
  return Math.min(first * (policy.backoffCoefficient ?? COEFFICIENT) ** (attempt - 1), longest);
}

/** Cancels the remote task and waits for its end, for so long; what goes wrong is the remote's to sort out. */
export async function cancelTask(client: RemoteClient, taskId: string, timeMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeMs);
  try {
    let task = await client.cancel(taskId, signal);
    while (!isTerminal(task.status.state)) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      task = await client.get(taskId, { signal });
    }
  } catch {
    // It has ended already, cannot be cancelled, or does not answer.
  }
}
