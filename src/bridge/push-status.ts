import { isObject } from '../a2a/is-object';
import { valueIn } from '../contract/payload';
import type { PushDelivery, PushProgress, PushStatus } from '../contract/push';
import type { Payloads } from '../temporal/payloads';
import { isoTime } from './projection';
import type { DescribedExecution } from './temporal-calls';

/**
 * How a delivery stands. While it is under way its workflow knows little: the heartbeat of its activity, and what
 * Temporal knows of the next attempt, tell the rest.
 */
export async function pushStatus(
  { config, outcome, progress }: PushDelivery,
  described: DescribedExecution | undefined,
  payloads: Payloads,
): Promise<PushStatus> {
  const { taskId, id } = config;
  const pending = outcome === undefined ? await findActivity(id, described, payloads) : undefined;
  const now = pending?.progress ?? progress;
  const nextAttempt = pending?.info.nextAttemptScheduleTime;
  return {
    taskId,
    id,
    state: outcome ?? stateOf(now),
    delivered: now?.delivered ?? 0,
    ...(now?.lastDeliveredAt !== undefined && { lastDeliveredAt: iso(now.lastDeliveredAt) }),
    ...(now !== undefined && now.failures > 0 && { failures: now.failures }),
    ...(now?.failingSince !== undefined && { failingSince: iso(now.failingSince) }),
    ...(now?.lastError !== undefined && { lastError: now.lastError }),
    ...(nextAttempt && { nextAttemptAt: isoTime(nextAttempt) }),
  };
}

async function findActivity(id: string, described: DescribedExecution | undefined, payloads: Payloads) {
  // One that was replaced may still be there; it comes before the one that took its place.
  for (const info of [...(described?.pendingActivities ?? [])].reverse()) {
    const details = valueIn(await payloads.read(info.heartbeatDetails?.payloads?.[0]));
    if (isObject(details) && details.id === id) {
      return { info, progress: details as unknown as PushProgress };
    }
  }
  return undefined;
}

function stateOf(progress: PushProgress | undefined): PushStatus['state'] {
  if (progress === undefined) return 'pending';
  if (progress.failures > 0) return 'retrying';
  return progress.delivered > 0 ? 'delivering' : 'pending';
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
