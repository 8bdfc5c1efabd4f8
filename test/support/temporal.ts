import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { scheduledByInterceptors } from '../../src/activities/scheduled-by';
import { sendableEnds } from '../../src/activities/sendable-ends';

export { eventually } from './eventually';

export interface TestTemporal {
  address: string;
  namespace: string;
  connection: NativeConnection;
  client: Client;
}

type Cleanup = () => Promise<unknown>;
const cleanups: Cleanup[] = [];

/** Runs after all tests of the file, last registered first. */
export function cleanUpAfterAll(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 60_000);

/** Connects to the test run's Temporal server, or to another; closed after all tests of the file. */
export async function connectTestTemporal(
  address = process.env.TEST_TEMPORAL_ADDRESS ?? '',
): Promise<TestTemporal> {
  quietRuntime();
  const connection = await NativeConnection.connect({ address });
  cleanUpAfterAll(() => connection.close());
  return {
    address,
    namespace: 'default',
    connection,
    client: new Client({ connection, namespace: 'default' }),
  };
}

/** A task queue that no other test uses. */
export function randomTaskQueue(): string {
  return `test-${randomUUID()}`;
}

export interface TestWorker {
  taskQueue: string;
  worker: Worker;
  /** Drains and ends it; after all tests it happens by itself. */
  stop(): Promise<void>;
}

/** Runs a worker with the bundle of this test run: all workflows of src/ and of test/support/workflows.ts. */
export async function startTestWorker(
  options: { connection: NativeConnection; taskQueue?: string; activities?: object } & Partial<
    Omit<WorkerOptions, 'connection' | 'taskQueue' | 'activities'>
  >,
): Promise<TestWorker> {
  const taskQueue = options.taskQueue ?? randomTaskQueue();
  const worker = await Worker.create({
    namespace: 'default',
    workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' },
    shutdownGraceTime: '200 ms',
    shutdownForceTime: '5 s',
    interceptors: { activity: [sendableEnds, scheduledByInterceptors] },
    ...options,
    taskQueue,
  });
  const run = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await run;
    })();
    return stopped;
  };
  cleanUpAfterAll(stop);
  return { taskQueue, worker, stop };
}

let installed = false;

/** Before anything connects: for tests of what workers log. */
export function withRuntime(install: () => void): void {
  installed = true;
  install();
}

/** Workers log what tests provoke on purpose; and signals are jest's business. */
function quietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
}
