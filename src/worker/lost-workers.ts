import { setTimeout as sleep } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import { type NativeConnection, Runtime } from '@temporalio/worker';
import { inBatches } from '../bridge/batches';
import { GRPC, tokenOf } from '../bridge/temporal-calls';
import { WORKER_LOST_FAILURE } from '../contract/contract';
import { type Listed, type LostWorker, SilentWorkers } from './silent-workers';

export interface LostWorkersOptions {
  connection: NativeConnection;
  namespace: string;
  /** Of this worker, and of others whose activities it cares for. */
  identity: string;
  taskQueues: readonly string[];
  /** Names of the activities that may be begun again before their heartbeat timeout. */
  activities: ReadonlySet<string>;
}

/** Those of this package: each can be begun again at any point, as after a heartbeat timeout. */
export const REPEATABLE_ACTIVITIES: ReadonlySet<string> = new Set([
  ...['callModel', 'callRemoteAgent', 'deliverPush', 'describeCaller', 'describeTools', 'encodeStart'],
  ...['endUnbegunTask', 'explainTask', 'followChild', 'recallContext', 'resolveAgent', 'taxRateFor', 'tick'],
]);

/** Pause in ms between two looks at the workers; of all workers together one each so many ms when there are many. */
const LOOK_MS = { alone: 500, together: 100 };

/** Running workflows that are looked at for a worker that was lost, newest first; others wait for heartbeat timeouts. */
const MAX_WORKFLOWS = 2_000;
const PAGE_SIZE = 200;
const AT_ONCE = 16;

const { PENDING_ACTIVITY_STATE_STARTED } = temporal.api.enums.v1.PendingActivityState;

/**
 * Notices workers that have died by the heartbeats of workers that Temporal keeps (ListWorkers, where the server has it),
 * and fails the attempts of activities that they had, so that another worker goes on within seconds instead of after a
 * heartbeat timeout. Without such heartbeats it does nothing.
 *
 * Runs until the signal is aborted.
 */
export async function watchForLostWorkers(options: LostWorkersOptions, signal: AbortSignal): Promise<void> {
  const silent = new SilentWorkers(options.identity);
  for (let pause = LOOK_MS.alone; ; ) {
    await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      const workers = await listWorkers(options);
      if (workers === undefined) return;
      pause = Math.max(LOOK_MS.alone, LOOK_MS.together * workers.length);
      for (const worker of silent.look(workers, performance.now())) await takeFrom(worker, options);
    } catch {
      // Temporal is away, and what was seen before says nothing about the workers any more.
      silent.forget();
    }
  }
}

/** Undefined when the server does not know workers. */
async function listWorkers({
  connection,
  namespace,
  taskQueues,
}: LostWorkersOptions): Promise<Listed[] | undefined> {
  const workers: Listed[] = [];
  for (const taskQueue of taskQueues) {
    let nextPageToken: Uint8Array | undefined;
    do {
      const query = `TaskQueue = ${quoted(taskQueue)}`;
      const request = { namespace, query, pageSize: 1_000, ...(nextPageToken && { nextPageToken }) };
      const page = await connection.workflowService.listWorkers(request).catch((error: { code?: number }) => {
        if (error.code === GRPC.UNIMPLEMENTED) return undefined;
        throw error;
      });
      if (page === undefined) return undefined;
      for (const { workerHeartbeat } of page.workersInfo ?? [])
        if (workerHeartbeat) workers.push(workerHeartbeat);
      nextPageToken = tokenOf(page);
    } while (nextPageToken !== undefined);
  }
  return workers;
}

async function takeFrom(lost: LostWorker, options: LostWorkersOptions): Promise<void> {
  const { connection, namespace } = options;
  const query = `ExecutionStatus = "Running" AND TaskQueue = ${quoted(lost.taskQueue)}`;
  let retried = 0;
  let seen = 0;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page: temporal.api.workflowservice.v1.IListWorkflowExecutionsResponse =
      await connection.workflowService.listWorkflowExecutions({
        namespace,
        query,
        pageSize: PAGE_SIZE,
        ...(nextPageToken && { nextPageToken }),
      });
    const running = (page.executions ?? []).flatMap(({ execution }) => execution ?? []);
    seen += running.length;
    const ended = await inBatches(running, (each) => retryActivities(each, lost, options), AT_ONCE);
    retried += ended.reduce((sum, count) => sum + count, 0);
    nextPageToken = tokenOf(page);
  } while (nextPageToken !== undefined && seen < MAX_WORKFLOWS);
  const { identity, taskQueue } = lost;
  // Every worker that is left looks; who was first tells.
  if (retried > 0) {
    Runtime.instance().logger.warn('a worker was lost: others go on with its activities', {
      ...{ identity, taskQueue, activities: retried },
    });
  }
}

/** How many attempts of the lost worker it has ended. */
async function retryActivities(
  execution: temporal.api.common.v1.IWorkflowExecution,
  { identity }: LostWorker,
  { connection, namespace, identity: own, activities }: LostWorkersOptions,
): Promise<number> {
  const service = connection.workflowService;
  const described = await service.describeWorkflowExecution({ namespace, execution }).catch(() => undefined);
  let retried = 0;
  for (const { activityId, activityType, state, lastWorkerIdentity } of described?.pendingActivities ?? []) {
    if (state !== PENDING_ACTIVITY_STATE_STARTED || lastWorkerIdentity !== identity) continue;
    if (!activities.has(activityType?.name ?? '')) continue;
    const { workflowId, runId } = execution;
    const failure = {
      message: `its worker ${identity} has died`,
      source: 'temporal-a2a',
      // The backoff of its retry policy is for faults of its own.
      applicationFailureInfo: { type: WORKER_LOST_FAILURE, nextRetryDelay: { nanos: 1_000_000 } },
    };
    await service
      .respondActivityTaskFailedById({
        namespace,
        ...{ workflowId: workflowId ?? '', runId: runId ?? '', activityId: activityId ?? '' },
        ...{ failure, identity: own },
      })
      .then(
        () => {
          retried += 1;
        },
        // Another worker was faster, or the workflow has ended.
        () => {},
      );
  }
  return retried;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
