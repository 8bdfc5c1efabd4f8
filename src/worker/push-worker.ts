import { Client } from '@temporalio/client';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createPushActivities, type PushActivityOptions } from '../activities/push';
import { pushTaskQueue } from '../contract/push';
import { identityOf } from '../temporal/identity';
import { NO_TRACING } from '../tracing/tracing';
import { builtInWorkflows } from './built-in-workflows';
import { tracedActivities, traceSinks } from './traces';

export { pushTaskQueue };

/** How push notifications are delivered. */
export interface PushDeliveryOptions extends Omit<PushActivityOptions, 'client'> {
  /** The package's own workflows, bundled before; needed only where the ones it brings cannot be used. */
  workflowBundle?: WorkerOptions['workflowBundle'];
  /** Configs of tasks that have not ended, served at once by this worker; 10,000 unless set. */
  maxDeliveries?: number;
  /** Milliseconds that running deliveries get, on shutdown; others go on with them. */
  shutdownGraceMs?: number;
  /** Version of the worker; beside a worker of agents it is that worker's unless set. */
  workerDeploymentOptions?: WorkerOptions['workerDeploymentOptions'] | undefined;
}

/** Options of {@link createPushWorker}. */
export interface PushWorkerOptions extends PushDeliveryOptions {
  /** The caller closes it, after the worker has ended. */
  connection: NativeConnection;
  /** "default" unless set. */
  namespace?: string;
  /** A client of the same namespace, when it has a data converter of its own. */
  client?: Client;
  /** A queue of its own, which the bridge is told as `push.taskQueue`. */
  taskQueue: string;
}

/** How long a workflow task waits for the worker that has its workflow in memory, before others get it. */
export const STICKY_TIMEOUT = '2 seconds';

/**
 * A worker that delivers push notifications, for a task queue of its own: a delivery is an activity that lasts as
 * long as its task does, mostly waiting, so thousands of them must not stand in the way of the activities of agents.
 * Call `worker.run()` and `worker.shutdown()`, and `close()` after that.
 */
export async function createPushWorker(
  options: PushWorkerOptions,
): Promise<{ worker: Worker; close: () => Promise<void> }> {
  const { connection, namespace = 'default', taskQueue, workflowBundle, maxDeliveries = 10_000 } = options;
  const { workerDeploymentOptions, shutdownGraceMs: grace = 0 } = options;
  const identity = identityOf('push-worker');
  const client = options.client ?? new Client({ connection, namespace, identity });
  const { dataConverter } = client.options;
  const { activities, close } = createPushActivities({ ...options, client });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    ...(workflowBundle === undefined ? builtInWorkflows({ dataConverter }) : { workflowBundle }),
    dataConverter,
    identity,
    activities,
    interceptors: { activity: tracedActivities(options.tracing) },
    sinks: traceSinks(options.tracing ?? NO_TRACING),
    ...(workerDeploymentOptions !== undefined && { workerDeploymentOptions }),
    maxConcurrentActivityTaskExecutions: maxDeliveries,
    // The workflows are small and rare: one thread, and few that wait for work.
    workflowThreadPoolSize: 1,
    maxCachedWorkflows: 200,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    shutdownGraceTime: grace,
    shutdownForceTime: grace + 3_000,
  });
  return { worker, close };
}

/** Whether a worker, or what it is made of, delivers push notifications. */
export function isPushWorker(activities: object | undefined): boolean {
  const name: keyof ReturnType<typeof createPushActivities>['activities'] = 'deliverPush';
  return activities instanceof Map ? activities.has(name) : activities !== undefined && name in activities;
}
