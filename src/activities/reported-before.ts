import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import type { temporal } from '@temporalio/proto';
import type { TaskUpdate } from '../a2a/task-update';
import { tokenOf } from '../bridge/temporal-calls';
import { SOURCE_HEADER, UPDATE_NAME, WORKER_LOST_FAILURE } from '../contract/contract';
import { valueIn } from '../contract/payload';
import {
  isUpdateSource,
  ReportedUpdates,
  readSource,
  type Told,
  type UpdateSource,
  writeSource,
} from '../contract/update-source';
import type { Payloads } from '../temporal/payloads';
import { isSignalLimit } from './update-queue';

/** Stores updates of an activity in the history of its workflow; null stands for one that is left out. */
export async function signalUpdates(
  { client, info }: Context,
  payloads: Payloads,
  options: { updates: (TaskUpdate | null)[]; index: number; attempt: number; requestId: string },
): Promise<void> {
  const { updates, index, attempt, requestId } = options;
  const source: UpdateSource = {
    ...{ activityId: info.activityId, index, count: updates.length },
    ...(attempt > 1 && { attempt }),
    scheduled: !info.isLocal,
  };
  await client.workflowService.signalWorkflowExecution({
    namespace: info.namespace,
    workflowExecution: info.workflowExecution ?? null,
    signalName: UPDATE_NAME,
    input: { payloads: [await payloads.encode(updates, info.workflowExecution?.workflowId)] },
    header: { fields: { [SOURCE_HEADER]: writeSource(source) } },
    requestId,
    identity: client.options.identity,
  });
}

/**
 * What earlier attempts of this activity have told, and which attempt this one is to all who read the history.
 *
 * The attempt before may still run when its worker was only taken for dead. A signal without updates then tells that
 * this attempt goes on in its place: what the other one reports behind it counts no more.
 * @param onStored is given each update that was told, in order
 */
export async function takeOver(
  context: Context,
  payloads: Payloads,
  onStored?: (update: TaskUpdate) => void,
): Promise<Told> {
  const { info } = context;
  const { mayStillRun } = await historyShowsAll(context);
  if (!mayStillRun) {
    const told = await readTold(context, payloads, onStored);
    return { ...told, attempt: Math.max(info.attempt, told.attempt) };
  }
  const { count: index, attempt: before } = await readTold(context, payloads);
  // After a reset of the workflow attempts are counted from 1 again.
  const attempt = Math.max(info.attempt, before + 1);
  const requestId = randomUUID();
  await signalUpdates(context, payloads, { updates: [], index, attempt, requestId }).catch(
    (error: unknown) => {
      // Then nobody can tell any more.
      if (!isSignalLimit(error)) throw error;
    },
  );
  await historyShowsAll(context);
  return { ...(await readTold(context, payloads, onStored)), attempt };
}

/**
 * Resolves when the history shows every signal that Temporal had taken before: those that come while a worker
 * holds a workflow task stay out of it until the task ends, or times out because the worker has died.
 */
async function historyShowsAll(context: Context): Promise<{ mayStillRun: boolean }> {
  const { client, info } = context;
  let mayStillRun = false;
  const held = async (): Promise<string | undefined> => {
    const { pendingWorkflowTask: task, pendingActivities } =
      await client.workflowService.describeWorkflowExecution({
        namespace: info.namespace,
        execution: info.workflowExecution ?? null,
      });
    const own = pendingActivities?.find(({ activityId }) => activityId === info.activityId);
    mayStillRun = !info.isLocal && own !== undefined && wasCutOff(own.lastFailure);
    const { startedTime } = task ?? {};
    return startedTime == null ? undefined : `${startedTime.seconds}.${startedTime.nanos}`;
  };
  const before = await held();
  while (before !== undefined && (await held()) === before) {
    context.heartbeat(info.heartbeatDetails);
    await sleep(250);
  }
  return { mayStillRun };
}

/** Whether somebody else has ended the attempt before, or nobody knows. */
function wasCutOff(failure: temporal.api.failure.v1.IFailure | null | undefined): boolean {
  if (failure == null || failure.timeoutFailureInfo) return true;
  return failure.applicationFailureInfo?.type === WORKER_LOST_FAILURE;
}

/** What this activity has told. */
async function readTold(
  context: Context,
  payloads: Payloads,
  onStored?: (update: TaskUpdate) => void,
): Promise<Told> {
  const { client, info } = context;
  const reported = new ReportedUpdates();
  let nextPageToken: Uint8Array | undefined;
  do {
    const page: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse =
      await client.workflowService.getWorkflowExecutionHistory({
        namespace: info.namespace,
        execution: info.workflowExecution ?? null,
        ...(nextPageToken !== undefined && { nextPageToken }),
      });
    for (const event of page.history?.events ?? []) {
      const { activityId } = event.activityTaskScheduledEventAttributes ?? {};
      if (activityId) reported.schedule(activityId);
      const signal = event.workflowExecutionSignaledEventAttributes;
      if (signal?.signalName !== UPDATE_NAME) continue;
      const header = signal.header?.fields?.[SOURCE_HEADER];
      const named = readSource(header) ?? valueIn(await payloads.read(header));
      if (!isUpdateSource(named) || named.activityId !== info.activityId) continue;
      const updates = valueIn(
        await payloads.read(signal.input?.payloads?.[0], info.workflowExecution?.workflowId),
      );
      if (!Array.isArray(updates)) continue;
      const source = { ...named, count: updates.length };
      for (const update of updates.slice(reported.passedOver(source))) {
        if (update !== null) onStored?.(update as TaskUpdate);
      }
      reported.take(source);
    }
    nextPageToken = tokenOf(page);
  } while (nextPageToken !== undefined);
  return reported.toldBy(info.activityId);
}
