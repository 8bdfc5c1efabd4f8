import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import { isoTime, msOf } from './projection';
import type { TemporalCalls } from './temporal-calls';

type Described = temporal.api.workflowservice.v1.IDescribeTaskQueueResponse;
type Poller = temporal.api.taskqueue.v1.IPollerInfo;
type Version = temporal.api.deployment.v1.IWorkerDeploymentVersion | null | undefined;

const { TASK_QUEUE_TYPE_WORKFLOW } = temporal.api.enums.v1.TaskQueueType;
const { WORKER_VERSIONING_MODE_VERSIONED } = temporal.api.enums.v1.WorkerVersioningMode;

/** Time in ms for which it is remembered who polls a task queue. */
const REMEMBERED_MS = 3_000;

/**
 * Temporal lists a worker for five minutes after its last poll, and a worker that waits for work polls once a minute:
 * one that did not take a workflow task for so long, in ms, does not poll, since a workflow task that keeps it busy
 * takes 10 s at most unless set otherwise.
 */
const GONE_MS = 10_000;

/** After so long, in ms, something is wrong even when workers poll. */
const LONG_MS = 30_000;

/** Who polls the task queues of agents for workflow tasks, as far as Temporal knows. */
export class TaskQueues {
  private readonly described: LRUCache<string, Described>;

  constructor(calls: TemporalCalls) {
    this.described = new LRUCache<string, Described>({
      max: 1_000,
      ttl: REMEMBERED_MS,
      fetchMethod: (name) =>
        calls.call((service) =>
          service.describeTaskQueue({
            namespace: calls.namespace,
            taskQueue: { name },
            taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
          }),
        ),
    });
  }

  /** Whether any worker has polled the task queue in the last five minutes. @throws a gRPC error */
  async isPolled(name: string): Promise<boolean> {
    return pollersOf(await this.described.fetch(name)).length > 0;
  }

  /**
   * Why none of the workers that poll the queue takes new tasks, as a sentence: their deployment version; undefined when
   * one does. @throws a gRPC error
   */
  async versionFault(name: string): Promise<string | undefined> {
    const described = await this.described.fetch(name);
    const pollers = pollersOf(described);
    if (pollers.some((poller) => isCurrent(poller, described))) return undefined;
    const queue = `the task queue ${JSON.stringify(name)}`;
    return `${withoutPoller(described, queue)}; the workers that poll it are of: ${versionsOf(pollers)}.`;
  }

  /**
   * Why no worker takes a workflow task that waits in the queue, as a sentence; undefined when one probably will.
   * @param since when it was scheduled, in ms since 1970
   * @throws a gRPC error
   */
  async fault(name: string, since: number): Promise<string | undefined> {
    const described = await this.described.fetch(name);
    const pollers = pollersOf(described);
    const queue = `the task queue ${JSON.stringify(name)}`;
    if (pollers.length === 0) return `No worker polls ${queue}.`;
    const waited = Date.now() - since;
    if (waited < GONE_MS) return undefined;
    const able = lastPoll(pollers.filter((poller) => isCurrent(poller, described)));
    const last = lastPoll(pollers);
    if (able === undefined || (msOf(able) < since && msOf(able) < msOf(last))) {
      return `${withoutPoller(described, queue)}; the workers that poll it are of: ${versionsOf(pollers.filter((poller) => !isCurrent(poller, described)))}.`;
    }
    if (msOf(able) < since) return `No worker has polled ${queue} since ${isoTime(able)}.`;
    if (waited < LONG_MS) return undefined;
    return `No worker has taken the workflow task for more than ${LONG_MS / 1_000} seconds, although workers poll ${queue}.`;
  }
}

function pollersOf(described: Described | undefined): Poller[] {
  return [...(described?.pollers ?? [])];
}

function lastPoll(pollers: readonly Poller[]): Poller['lastAccessTime'] {
  const times = pollers.map(({ lastAccessTime }) => lastAccessTime);
  return times.sort((a, b) => msOf(b) - msOf(a))[0];
}

/** Whether workflow tasks may go to the poller; those of pinned workflows may go to others. */
function isCurrent({ deploymentOptions: own }: Poller, described: Described | undefined): boolean {
  const {
    currentDeploymentVersion: current,
    rampingDeploymentVersion: ramping,
    rampingVersionPercentage: percentage,
  } = described?.versioningInfo ?? {};
  // A ramp to no version is one to workers without.
  if (own?.workerVersioningMode !== WORKER_VERSIONING_MODE_VERSIONED)
    return !current || (!ramping && Number(percentage ?? 0) > 0);
  const isOwn = (version: Version) =>
    version?.buildId === own.buildId && version?.deploymentName === own.deploymentName;
  return isOwn(current) || isOwn(ramping);
}

/** As the beginning of a sentence: which version no worker is of. */
function withoutPoller(described: Described | undefined, queue: string): string {
  const { currentDeploymentVersion: current } = described?.versioningInfo ?? {};
  if (!current)
    return `No deployment version is current for ${queue}, and no worker without a version polls it`;
  const { deploymentName, buildId } = current;
  return `The current version ${JSON.stringify(buildId)} of the deployment ${JSON.stringify(deploymentName)} has no poller on ${queue}`;
}

function versionsOf(pollers: readonly Poller[]): string {
  return [...new Set(pollers.map(versionOf))].sort().join(', ');
}

function versionOf({ deploymentOptions: own }: Poller): string {
  if (own?.workerVersioningMode !== WORKER_VERSIONING_MODE_VERSIONED) return 'unversioned';
  return `${own.deploymentName}:${own.buildId}`;
}
