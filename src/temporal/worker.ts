import { join } from 'node:path';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities';

export interface A2AWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** File with the bundled workflows; the one that the build made, unless set. */
  workflowBundle?: string;
  /** Unless set, those of src/activities. */
  activities?: object;
  /** Milliseconds that running activities get, on shutdown, before they are cancelled. */
  shutdownGraceMs?: number;
}

/** A worker that runs the built-in agents. It does not listen to signals: call `run()` and `shutdown()`. */
export function createA2AWorker(options: A2AWorkerOptions): Promise<Worker> {
  const grace = options.shutdownGraceMs ?? 2_000;
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    workflowBundle: { codePath: options.workflowBundle ?? join(__dirname, '../workflow-bundle.js') },
    activities: options.activities ?? createActivities(),
    // Default 100. Activities of agents spend their time waiting (for a clock, for another agent), and one that
    // finds no free slot is an agent that seems to hang.
    maxConcurrentActivityTaskExecutions: 1_000,
    // Default 0: activities would be cancelled at once. They get this long to finish, ...
    shutdownGraceTime: grace,
    // ... and then, default never, the worker goes although some do not heed the cancellation.
    shutdownForceTime: grace + 3_000,
  });
}
