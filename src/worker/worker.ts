import { msToNumber } from '@temporalio/common/lib/time';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { identityOf } from '../temporal/identity';
import { A2APlugin, type A2APluginOptions } from './plugin';

/** What any worker of Temporal takes, and what `A2APlugin` takes. */
export interface A2AWorkerOptions extends WorkerOptions, Omit<A2APluginOptions, 'builtInAgents'> {}

/**
 * A worker that runs agents: those of `workflowsPath` or `workflowBundle`, or without either the built-in ones.
 * Call `run()` and `shutdown()`; the SDK's Runtime decides whether signals stop it too.
 *
 * It is `Worker.create` with {@link A2APlugin} and with defaults for agents: 1,000 activities at once, and on
 * shutdown 2 seconds for what is running, and 3 more before the worker ends without it.
 */
export function createA2AWorker(options: A2AWorkerOptions): Promise<Worker> {
  const {
    agents,
    remote,
    push,
    nexus,
    metrics,
    tracing,
    audit,
    dataConverter,
    plugins = [],
    ...own
  } = options;
  const { workflowsPath, workflowBundle, tuner, shutdownGraceTime = '2 seconds' } = own;
  const plugin = new A2APlugin({
    ...(agents !== undefined && { agents }),
    ...(remote !== undefined && { remote }),
    ...(push !== undefined && { push }),
    ...(nexus !== undefined && { nexus }),
    ...(metrics !== undefined && { metrics }),
    ...(tracing !== undefined && { tracing }),
    ...(audit !== undefined && { audit }),
    ...(dataConverter !== undefined && { dataConverter }),
    builtInAgents: workflowsPath === undefined && workflowBundle === undefined,
  });
  return Worker.create({
    // Default 100. Activities of agents spend their time waiting (for a clock, for another agent), and one that
    // finds no free slot is an agent that seems to hang.
    ...(tuner === undefined && { maxConcurrentActivityTaskExecutions: 1_000 }),
    // Default 0: activities would be cancelled at once. They get this long to finish, ...
    shutdownGraceTime,
    // ... and then, default never, the worker goes although some do not heed the cancellation.
    shutdownForceTime: msToNumber(shutdownGraceTime) + 3_000,
    identity: identityOf('worker'),
    ...own,
    plugins: [plugin, ...plugins],
  });
}
