import { isObject } from '../../a2a/is-object';
import { readEvents, resetIn } from '../../bridge/runs';
import type { ExecutionRef, TemporalCalls } from '../../bridge/temporal-calls';
import { valueIn } from '../../contract/payload';
import type { PushProgress } from '../../contract/push';

/**
 * How far a delivery had come when its workflow was reset. The activity of the new run gets no heartbeat of the one
 * before, and would tell everything again.
 *
 * @param run of the delivery workflow
 * @returns undefined when the run comes from no reset, or the delivery had not begun
 */
export async function progressBeforeReset(
  calls: TemporalCalls,
  run: ExecutionRef,
  configId: string,
): Promise<PushProgress | undefined> {
  const { workflowExtendedInfo } = await calls.describe(run);
  if (!workflowExtendedInfo?.lastResetTime) return undefined;
  const earlierRuns: string[] = [];
  for await (const event of readEvents(calls, run)) {
    const reset = resetIn(event);
    if (reset !== undefined) earlierRuns.unshift(reset.oldRunId);
  }
  for (const runId of earlierRuns) {
    const progress = await progressIn(calls, { ...run, runId }, configId);
    if (progress !== undefined) return progress;
  }
  return undefined;
}

/** Of the activity that was at it when the run was reset, else of the last one that had ended. */
async function progressIn(
  calls: TemporalCalls,
  run: ExecutionRef,
  configId: string,
): Promise<PushProgress | undefined> {
  const { pendingActivities } = await calls.describe(run);
  for (const { heartbeatDetails } of [...(pendingActivities ?? [])].reverse()) {
    const progress = valueIn(await calls.payloads.read(heartbeatDetails?.payloads?.[0]));
    if (isProgress(progress, configId)) return progress;
  }
  let last: PushProgress | undefined;
  for await (const { activityTaskCompletedEventAttributes: completed } of readEvents(calls, run)) {
    const result = completed && valueIn(await calls.payloads.read(completed.result?.payloads?.[0]));
    if (isObject(result) && isProgress(result.progress, configId)) last = result.progress;
  }
  return last;
}

function isProgress(value: unknown, configId: string): value is PushProgress {
  return isObject(value) && value.id === configId;
}
