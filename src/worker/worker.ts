import { join } from 'node:path';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createActivities, createCallActivities } from '../activities';
import type { RemoteOptions } from '../activities/remote/call-remote-agent';
import type { AgentConfig } from '../config/agents';

export interface A2AWorkerOptions {
  connection: NativeConnection;
  /** "default" unless set. */
  namespace?: string;
  taskQueue: string;
  /** Module that exports the workflows, `.ts` or `.js`; it is bundled when the worker is made. */
  workflowsPath?: string;
  /** File with workflows bundled before, together with {@link workflowInterceptorsPath}. */
  workflowBundle?: string;
  /** The agents that workflows may call by their ID, with `callAgent()`. */
  agents?: readonly AgentConfig[];
  /** In addition to those that `callAgent()` needs and, with neither path nor bundle, those of the built-in agents. */
  activities?: object;
  /** How `callAgent()` reaches agents elsewhere. */
  remote?: RemoteOptions;
  /** Milliseconds that running activities get, on shutdown, before they are cancelled. */
  shutdownGraceMs?: number;
}

/**
 * The workflow interceptors of every worker that runs agents: for `Worker.create`, as one of
 * `interceptors.workflowModules`, and for `bundleWorkflowCode`, of `workflowInterceptorModules`. They keep the
 * final state of a task in its search attributes, refuse results that Temporal would refuse for ever, and let no
 * workflow end before its caller was told everything and the calls that it has cancelled have ended.
 */
export const workflowInterceptorsPath = require.resolve('../workflows/interceptors');

/**
 * A worker that runs agents: the built-in ones, or those of `workflowsPath` or `workflowBundle`. Call `run()` and
 * `shutdown()`; the SDK's Runtime decides whether signals stop it too.
 */
export function createA2AWorker(options: A2AWorkerOptions): Promise<Worker> {
  const { workflowsPath, workflowBundle } = options;
  const isBuiltIn = workflowsPath === undefined && workflowBundle === undefined;
  const { agents = [], remote = {} } = options;
  const grace = options.shutdownGraceMs ?? 2_000;
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace ?? 'default',
    taskQueue: options.taskQueue,
    ...(workflowsPath === undefined
      ? { workflowBundle: { codePath: workflowBundle ?? join(__dirname, '../workflow-bundle.js') } }
      : { workflowsPath, interceptors: { workflowModules: [workflowInterceptorsPath] } }),
    activities: {
      ...(isBuiltIn ? createActivities({ agents, remote }) : createCallActivities({ agents, remote })),
      ...options.activities,
    },
    // Default 100. Activities of agents spend their time waiting (for a clock, for another agent), and one that
    // finds no free slot is an agent that seems to hang.
    maxConcurrentActivityTaskExecutions: 1_000,
    // Default a minute. An activity learns of its cancellation by its heartbeats only, and CancelTask waits for 4 s.
    maxHeartbeatThrottleInterval: '3 seconds',
    // Default 0: activities would be cancelled at once. They get this long to finish, ...
    shutdownGraceTime: grace,
    // ... and then, default never, the worker goes although some do not heed the cancellation.
    shutdownForceTime: grace + 3_000,
  });
}
