import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createPushActivities, type PushActivityOptions } from '../activities/push';

export interface PushWorkerOptions extends Omit<PushActivityOptions, 'client'> {
  connection: NativeConnection;
  /** "default" unless set. */
  namespace?: string;
  /** A client of the same namespace, when it has a data converter of its own. */
  client?: Client;
  /** A queue of its own, which the bridge is told as `push.taskQueue`. */
  taskQueue: string;
  /** File with workflows bundled before; the package's own unless set. */
  workflowBundle?: string;
  /** Configs of tasks that have not ended, served at once by this worker; 10,000 unless set. */
  maxDeliveries?: number;
  /** Milliseconds that running deliveries get, on shutdown; others go on with them. */
  shutdownGraceMs?: number;
}

/** Task queue of the push worker that belongs to a worker of agents. */
export function pushTaskQueue(taskQueue: string): string {
  return `${taskQueue}-push`;
}

/**
 * A worker that delivers push notifications, for a task queue of its own: a delivery is an activity that lasts as
 * long as its task does, mostly waiting, so thousands of them must not stand in the way of the activities of agents.
 * Call `worker.run()` and `worker.shutdown()`, and `close()` after that.
 */
export async function createPushWorker(
  options: PushWorkerOptions,
): Promise<{ worker: Worker; close: () => Promise<void> }> {
  const { connection, namespace = 'default', taskQueue, workflowBundle, maxDeliveries = 10_000 } = options;
  const grace = options.shutdownGraceMs ?? 0;
  const client = options.client ?? new Client({ connection, namespace });
  const { activities, close } = createPushActivities({ ...options, client });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: workflowBundle ?? join(__dirname, '../workflow-bundle.js') },
    dataConverter: client.options.dataConverter,
    activities,
    maxConcurrentActivityTaskExecutions: maxDeliveries,
    // The workflows are small and rare: one thread, and few that wait for work.
    workflowThreadPoolSize: 1,
    maxCachedWorkflows: 200,
    shutdownGraceTime: grace,
    shutdownForceTime: grace + 3_000,
  });
  return { worker, close };
}
