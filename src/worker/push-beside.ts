import type { Worker } from '@temporalio/worker';
import { createPushWorker, type PushDeliveryOptions, pushTaskQueue } from './push-worker';

/**
 * Runs a worker, and one for push notifications for as long as it runs. When one of them fails, both end.
 * @param next runs the worker
 * @throws what made the worker fail, else what made the push worker fail
 */
export async function runWithPushWorker(
  worker: Worker,
  next: (worker: Worker) => Promise<void>,
  options: PushDeliveryOptions,
): Promise<void> {
  // At once, so that the worker can be shut down as soon as its `run()` was called.
  const run = next(worker);
  const pushRun = runPushWorker(worker, run, options);
  pushRun.catch(() => shutdown(worker));
  for (const result of await Promise.allSettled([run, pushRun])) {
    if (result.status === 'rejected') throw result.reason;
  }
}

async function runPushWorker(
  { connection, client, options: { namespace, taskQueue, workerDeploymentOptions } }: Worker,
  main: Promise<void>,
  options: PushDeliveryOptions,
): Promise<void> {
  if (connection === undefined || client === undefined) {
    throw new TypeError('A worker without a connection cannot deliver push notifications');
  }
  const push = await createPushWorker({
    workerDeploymentOptions,
    ...options,
    connection,
    namespace,
    client,
    taskQueue: pushTaskQueue(taskQueue),
  });
  try {
    const run = push.worker.run();
    const stop = () => shutdown(push.worker);
    main.then(stop, stop);
    await run;
  } finally {
    await push.close();
  }
}

function shutdown(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}
