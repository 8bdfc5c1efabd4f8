import type { DataConverter } from '@temporalio/common';
import { SimplePlugin } from '@temporalio/plugin';
import type {
  ActivityInterceptorsFactory,
  BundleOptions,
  InjectedSinks,
  ReplayWorkerOptions,
  Worker,
  WorkerOptions,
} from '@temporalio/worker';
import { createActivities, createCallActivities } from '../activities';
import type { RemoteOptions } from '../activities/remote/call-remote-agent';
import { scheduledByInterceptors } from '../activities/scheduled-by';
import { sendableEnds } from '../activities/sendable-ends';
import { createSendActivities } from '../activities/send-message';
import type { Audit } from '../audit/audit';
import { TaskBridge, type TaskBridgeOptions } from '../bridge/bridge';
import { type Agents, AgentSet } from '../config/agent-set';
import { INTERCEPTORS_MARK } from '../contract/interceptors-mark';
import { a2aService } from '../contract/nexus';
import type { PayloadMode } from '../contract/payload-mode';
import type { Meter } from '../metrics/meter';
import type { NexusOwner } from '../nexus/caller';
import { createNexusService } from '../nexus/service';
import { assertOneSdk } from '../temporal/one-sdk';
import { payloadModeOf } from '../temporal/payload-mode';
import { PerClient } from '../temporal/per-client';
import { NO_TRACING, type Tracing } from '../tracing/tracing';
import type { TraceSinks } from '../workflows/traces';
import { builtInWorkflows, workflowInterceptorsPath } from './built-in-workflows';
import { codeOf, MODE_MODULES, withMode } from './bundled-mode';
import { REPEATABLE_ACTIVITIES, watchForLostWorkers } from './lost-workers';
import { withOneSdkCheck } from './one-sdk-check';
import { runWithPushWorker } from './push-beside';
import { tracedActivities, traceSinks } from './traces';
import { isPushWorker, type PushDeliveryOptions, pushTaskQueue, STICKY_TIMEOUT } from './push-worker';

/** How agents are served over Nexus. */
export interface NexusOptions {
  /** Whose the tasks are that are made over Nexus; `nexus:<namespace of the caller>` unless set. */
  owner?: NexusOwner | undefined;
}

/** Options of {@link A2APlugin}. */
export interface A2APluginOptions {
  /** The agents that workflows may call by their ID, with `callAgent()`; an `AgentSet` when they may change. */
  agents?: Agents;
  /** How `callAgent()` reaches remote agents. */
  remote?: RemoteOptions;
  /**
   * Deliver push notifications too: a worker for them runs for as long as the worker that has the plugin, on the
   * same connection and a task queue of its own, `pushTaskQueue(taskQueue)`.
   */
  push?: PushDeliveryOptions | true;
  /**
   * Serve the agents over Nexus too, to workflows of other namespaces (docs/calling-agents.md). The worker runs the
   * workflow type `a2aSend`: one that has workflows of its own exports it, from `temporal-a2a/workflow`.
   */
  nexus?: NexusOptions | true;
  /**
   * Run the built-in agents (chains, proxies, models and the samples), on a worker that has no workflows of its own;
   * false unless set.
   */
  builtInAgents?: boolean;
  /** Where calls of agents and models, and push deliveries, are counted; by nobody unless set. */
  metrics?: Meter | undefined;
  /** Where tasks, calls of agents and models, and push deliveries are traced; by nobody unless set. */
  tracing?: Tracing | undefined;
  /** Gets a record of each request over Nexus; nobody unless set (docs/operations.md). */
  audit?: Audit | undefined;
  /** For clients, workers, replay and bundles; each part that is set goes before what they have themselves. */
  dataConverter?: DataConverter;
}

/**
 * Makes a worker able to serve agents and to call them:
 *
 * ```ts
 * const worker = await Worker.create({ ...options, plugins: [new A2APlugin({ agents })] });
 * ```
 *
 * It adds the activities of `callAgent()`, the workflow interceptors, and heartbeats that tell of a cancellation
 * within seconds. Give it to `bundleWorkflowCode` and to `Worker.runReplayHistories` too. As a plugin of a connection
 * it reaches all workers and clients of that connection.
 */
export class A2APlugin extends SimplePlugin {
  private readonly own: A2APluginOptions;
  private readonly agents: AgentSet;
  private activities: object | undefined;
  private readonly activityInterceptors: ActivityInterceptorsFactory[];
  private readonly sinks: InjectedSinks<TraceSinks>;

  /** @throws TypeError when another copy of the SDK is loaded */
  constructor(options: A2APluginOptions = {}) {
    assertOneSdk();
    super({
      name: 'temporal-a2a',
      ...(options.dataConverter !== undefined && { dataConverter: options.dataConverter }),
    });
    this.own = options;
    this.agents = AgentSet.of(options.agents ?? []);
    this.activityInterceptors = [sendableEnds, scheduledByInterceptors, ...tracedActivities(options.tracing)];
    this.sinks = traceSinks(options.tracing ?? NO_TRACING, this.agents);
  }

  /** @throws TypeError for a workflow bundle without the interceptors */
  override configureWorker(given: WorkerOptions): WorkerOptions {
    const options = super.configureWorker(given);
    if (isPushWorker(options.activities)) return options;
    const workflows = this.workflows(options);
    return {
      // Default a minute. An activity learns of its cancellation by its heartbeats only, and CancelTask waits for 4 s.
      maxHeartbeatThrottleInterval: '3 seconds',
      // Default 10 s. Workflow tasks for a worker that has died wait for so long before another one gets them.
      stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
      // By default the worker looks at sizes itself, and tries what is too large again for ever. Temporal ends it.
      disablePayloadErrorLimit: true,
      ...options,
      ...workflows,
      interceptors: this.withActivityInterceptors(workflows.interceptors ?? options.interceptors),
      sinks: { ...this.sinks, ...options.sinks },
      ...this.nexus(options),
    };
  }

  /** @throws TypeError for a workflow bundle without the interceptors */
  override configureReplayWorker(given: ReplayWorkerOptions): ReplayWorkerOptions {
    const options = super.configureReplayWorker(given);
    return { ...options, ...this.workflows(options), sinks: { ...this.sinks, ...options.sinks } };
  }

  /** The bundle is refused when it holds two copies of the SDK. */
  override configureBundler(given: BundleOptions): BundleOptions {
    const options = super.configureBundler(given);
    const { payloadConverterPath, failureConverterPath } = this.own.dataConverter ?? {};
    return {
      ...options,
      ...(payloadConverterPath !== undefined && { payloadConverterPath }),
      ...(failureConverterPath !== undefined && { failureConverterPath }),
      workflowInterceptorModules: withInterceptors(
        options.workflowInterceptorModules,
        payloadModeOf(this.own.dataConverter),
      ),
      webpackConfigHook: withOneSdkCheck(options.webpackConfigHook),
    };
  }

  override runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const { push, metrics, tracing } = this.own;
    if (isPushWorker(worker.options.activities)) return super.runWorker(worker, next);
    const run = (beside: Worker) => this.runAndWatch(beside, next);
    if (push === undefined) return super.runWorker(worker, run);
    return runWithPushWorker(worker, run, { metrics, tracing, ...(push === true ? {} : push) });
  }

  /** Runs the worker, and looks meanwhile for others that have died. */
  private async runAndWatch(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const { connection, options } = worker;
    const ended = new AbortController();
    const run = next(worker);
    if (connection !== undefined) {
      const { namespace, identity, taskQueue } = options;
      const taskQueues = [taskQueue, ...(this.own.push === undefined ? [] : [pushTaskQueue(taskQueue)])];
      void watchForLostWorkers(
        { connection, namespace, identity, taskQueues, activities: REPEATABLE_ACTIVITIES },
        ended.signal,
      );
    }
    try {
      await run;
    } finally {
      ended.abort();
    }
  }

  /** What runs the workflows, and the interceptors with it. */
  private workflows(
    options: Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors' | 'dataConverter'>,
  ): Partial<WorkerOptions> {
    const { workflowBundle, workflowsPath, interceptors } = options;
    const mode = payloadModeOf(options.dataConverter);
    if (workflowBundle !== undefined) {
      assertIntercepted(workflowBundle);
      return { workflowBundle: withMode(workflowBundle, mode) };
    }
    if (workflowsPath !== undefined) return { interceptors: this.withModules(interceptors, mode) };
    if (this.own.builtInAgents !== true) return {};
    const builtIn = builtInWorkflows(options);
    if (builtIn.workflowBundle === undefined)
      return { ...builtIn, interceptors: this.withModules(builtIn.interceptors, mode) };
    return { ...builtIn, workflowBundle: withMode(builtIn.workflowBundle, mode) };
  }

  private withModules(interceptors: WorkerOptions['interceptors'], mode: PayloadMode) {
    return { ...interceptors, workflowModules: withInterceptors(interceptors?.workflowModules, mode) };
  }

  private withActivityInterceptors(interceptors: WorkerOptions['interceptors'] = {}) {
    const { activity = [] } = interceptors;
    return { ...interceptors, activity: [...new Set([...activity, ...this.activityInterceptors])] };
  }

  /** The activities, and what is served over Nexus. */
  private nexus({ taskQueue, activities, nexusServices = [] }: WorkerOptions): Partial<WorkerOptions> {
    const { agents } = this;
    const { nexus, push, metrics, tracing, audit } = this.own;
    // Once, however often the plugin is applied.
    const served = nexusServices.some(({ definition }) => definition.name === a2aService.name);
    if (nexus === undefined || served) return { activities: { ...this.createActivities(), ...activities } };
    const { owner } = nexus === true ? {} : nexus;
    const { outboundAllow, sealingKeys } = push === undefined || push === true ? {} : push;
    const options: Omit<TaskBridgeOptions, 'client'> = {
      maxLongPolls: 300,
      tracing,
      push: push && {
        taskQueue: pushTaskQueue(taskQueue),
        ...(outboundAllow !== undefined && { outboundAllow }),
        sealingKeys,
      },
    };
    const shared = {
      bridges: new PerClient((client) => new TaskBridge({ ...options, client })),
      ...{ agents, metrics, tracing },
    };
    return {
      activities: { ...this.createActivities(), ...createSendActivities(shared), ...activities },
      nexusServices: [
        ...nexusServices,
        createNexusService({ ...shared, audit, ...(owner !== undefined && { owner }) }),
      ],
    };
  }

  /** The same for all workers that have this plugin. */
  private createActivities(): object {
    const { agents } = this;
    const { builtInAgents, metrics, tracing } = this.own;
    const remote = { metrics, tracing, ...this.own.remote };
    const create = builtInAgents === true ? createActivities : createCallActivities;
    this.activities ??= create({ agents, remote });
    return this.activities;
  }
}

/** Once, however often the plugin is applied: a connection's plugins are those of its workers, too. */
function withInterceptors(modules: readonly string[] = [], mode: PayloadMode = 'inline'): string[] {
  return [...new Set([...modules, ...MODE_MODULES[mode], workflowInterceptorsPath])];
}

/** Without them tasks would end without telling their last state, and nothing would say why. */
function assertIntercepted(bundle: NonNullable<WorkerOptions['workflowBundle']>): void {
  if (codeOf(bundle).includes(INTERCEPTORS_MARK)) return;
  throw new TypeError(
    'The workflow bundle was made without the workflow interceptors of temporal-a2a. Bundle it with the plugin: ' +
      'bundleWorkflowCode({ workflowsPath, plugins: [new A2APlugin()] })',
  );
}
