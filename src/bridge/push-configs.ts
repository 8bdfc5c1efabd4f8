import { randomUUID } from 'node:crypto';
import {
  BridgeError,
  PushNotificationNotSupportedError,
  TaskNotFoundError,
  unavailable,
} from '../a2a/errors';
import { sameJson } from '../a2a/same-json';
import type {
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  PushConfigRequest,
  TaskPushNotificationConfig,
} from '../a2a/types';
import { EncryptionKeyError, type EncryptionKeys } from '../contract/encryption-keys';
import {
  MAX_PUSH_CONFIGS,
  type PushConfig,
  type PushDelivery,
  type PushPosition,
  type PushState,
  type PushStatus,
  type PushTimes,
  pushWorkflowId,
  type StoredPushConfig,
  tooManyPushConfigs,
} from '../contract/push';
import { AddressGuard } from '../outbound/address-guard';
import type { OpenCounts } from './open-counts';
import { checkPushConfig } from './push-check';
import { PushSeal } from './push-seal';
import { pushStatus } from './push-status';
import { type DeliveredTask, PushWorkflows } from './push-workflows';
import type { TaskFactsCache } from './task-facts';
import { pushConfigId } from './task-id';
import { taskNotFound } from './task-not-found';
import type { TaskQueues } from './task-queues';
import { fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';

/** How a bridge takes push notification configs (specification section 4.3), which a push worker delivers. */
export interface PushOptions {
  /** Of the worker that `createPushWorker` makes. */
  taskQueue: string;
  /** CIDRs beyond the public internet where receivers may be (`OUTBOUND_ALLOW`); none unless set. */
  outboundAllow?: readonly string[];
  /**
   * Seal configs before they go to Temporal (`PUSH_SEALING_KEYS`); the push worker needs the same. Without them, configs
   * with a token or credentials are refused.
   */
  sealingKeys?: EncryptionKeys | undefined;
  /** For tests. */
  times?: Partial<PushTimes>;
  maxEvents?: number;
}

/**
 * Time in ms that the push worker has to say what it knows when a first message comes again, which needs no worker.
 */
const BEFORE_START_MS = 2_000;

/** Of A2A, that callers speak who say nothing else. */
const VERSION = '1.0';

/** Behind everything that one event may hold. */
const LAST_PART = 999_999;

/** The push notification configs of tasks (specification sections 3.1.7 to 3.1.10): a workflow for each task. */
export class PushConfigs {
  private readonly guard: AddressGuard;
  private readonly seal: PushSeal;
  private readonly workflows: PushWorkflows;
  readonly taskQueue: string;

  constructor(
    private readonly calls: TemporalCalls,
    private readonly facts: TaskFactsCache,
    queues: TaskQueues,
    { taskQueue, outboundAllow, sealingKeys, times, maxEvents }: PushOptions,
    private readonly counts: OpenCounts,
  ) {
    this.taskQueue = taskQueue;
    this.guard = new AddressGuard(outboundAllow);
    this.seal = new PushSeal(sealingKeys);
    this.workflows = new PushWorkflows({ calls, queues, seal: this.seal, taskQueue, times, maxEvents });
  }

  async create(config: TaskPushNotificationConfig, call: CallContext): Promise<TaskPushNotificationConfig> {
    const taskId = config.taskId ?? '';
    await this.requireTask(taskId, call);
    await checkPushConfig(config, this.guard, { canSeal: this.seal.hasKeys });
    return this.set({ ...config, taskId }, call);
  }

  async get(request: PushConfigRequest, call: CallContext): Promise<TaskPushNotificationConfig> {
    return this.open((await this.find(request, call)).config);
  }

  async list(
    { taskId }: ListTaskPushNotificationConfigsRequest,
    call: CallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    await this.requireTask(taskId, call);
    const state = await this.workflows.read(taskId);
    // At most MAX_PUSH_CONFIGS, so there is never another page.
    return { configs: (state?.deliveries ?? []).map(({ config }) => this.shown(config)), nextPageToken: '' };
  }

  async delete({ taskId, id }: PushConfigRequest, call: CallContext): Promise<void> {
    await this.requireTask(taskId, call);
    const state = await this.workflows.read(taskId);
    if (state?.deliveries.some(({ config }) => config.id === id)) {
      await this.workflows.delete(await this.taskOf(taskId, call), id, state);
    }
  }

  /** How the delivery to one webhook stands. @throws TaskNotFoundError */
  async status(request: PushConfigRequest, call: CallContext): Promise<PushStatus> {
    const delivery = await this.find(request, call);
    const described = await this.describe(pushWorkflowId(request.taskId));
    return pushStatus(delivery, described, this.calls.payloads);
  }

  /**
   * Checks the config that a send brings along, before anything is sent.
   * @throws PushNotificationNotSupportedError, InvalidParamsError
   */
  async check(config: TaskPushNotificationConfig): Promise<void> {
    const path = 'configuration.taskPushNotificationConfig.';
    await checkPushConfig(config, this.guard, { canSeal: this.seal.hasKeys, path });
  }

  /**
   * The config of the message that has made the task: from the first status on. Needs no worker, and is the same
   * however often it is repeated. Without an ID it has the task's, so that a later send replaces it.
   * @param fresh this call has made the task, so that it has no other config
   */
  async begin(
    taskId: string,
    config: TaskPushNotificationConfig,
    call: CallContext,
    fresh: boolean,
  ): Promise<void> {
    const own = { ...config, taskId, id: config.id ?? taskId };
    const known = fresh
      ? undefined
      : await this.workflows.read(taskId, BEFORE_START_MS).catch(() => undefined);
    const configs = (known?.deliveries ?? []).map((each) => each.config);
    // The message was sent again after its notifications were delivered.
    if (configs.some((each) => this.seal.isSame(each, own))) return;
    const delivery: PushDelivery = { ...describeDelivery(this.seal.seal(own), call), from: 'start' };
    // A signal cannot be refused, so one that would be left is not sent.
    if (configs.length >= MAX_PUSH_CONFIGS && !configs.some(({ id }) => id === delivery.config.id)) {
      throw new BridgeError('RESOURCE_EXHAUSTED', tooManyPushConfigs(taskId));
    }
    const task = await this.taskOf(taskId, call);
    // That of a fresh task was counted when it was started.
    await this.counts.within(call, !fresh && configs.length === 0 ? ['webhooks'] : [], () =>
      this.workflows.begin(task, delivery, known),
    );
  }

  /** The config of a further message, before that is sent: from now on. */
  async add(taskId: string, config: TaskPushNotificationConfig, call: CallContext): Promise<void> {
    await this.set({ ...config, taskId, id: config.id ?? taskId }, call);
  }

  private async set(
    config: Omit<PushConfig, 'id'> & { id?: string },
    call: CallContext,
  ): Promise<PushConfig> {
    const { taskId } = config;
    const [state, from, task] = await Promise.all([
      this.workflows.read(taskId),
      this.now(taskId),
      this.taskOf(taskId, call),
    ]);
    const made = { ...config, id: config.id ?? this.idOf(config, state, call) };
    const delivery = { ...describeDelivery(this.seal.seal(made, state), call), from };
    if (isKnown(delivery, state)) return made;
    const isFirst = (state?.deliveries.length ?? 0) === 0;
    await this.counts.within(call, isFirst ? ['webhooks'] : [], () =>
      this.workflows.set(task, delivery, state, call.signal),
    );
    return made;
  }

  /** Of a config whose client gives it none: that of the same content, so that a repeat makes no second one. */
  private idOf(config: Omit<PushConfig, 'id'>, state: PushState | undefined, call: CallContext): string {
    const digests = this.seal.digests(config, call.version ?? VERSION);
    const ids = digests.map((digest) => pushConfigId(config.taskId, digest));
    const known = ids.find((id) => state?.deliveries.some((each) => each.config.id === id));
    return known ?? ids[0] ?? randomUUID();
  }

  /** In a list, for its owner: of one that cannot be opened, its IDs and the origin of its URL. */
  private shown(config: StoredPushConfig): PushConfig {
    try {
      return this.seal.open(config);
    } catch (error) {
      if (!(error instanceof EncryptionKeyError)) throw error;
      this.calls.reports.sealed(error);
      const { sealed: _, ...rest } = config;
      return rest;
    }
  }

  /** For its owner. */
  private open(config: StoredPushConfig): PushConfig {
    try {
      return this.seal.open(config);
    } catch (error) {
      if (!(error instanceof EncryptionKeyError)) throw error;
      this.calls.reports.sealed(error);
      const key = JSON.stringify(error.keyId);
      throw unavailable(
        `The config cannot be opened: this server has no sealing key ${key}, or another key under that ID`,
        error,
      );
    }
  }

  private async requireTask(taskId: string, call: CallContext): Promise<void> {
    if (!call.agent.pushNotifications) throw new PushNotificationNotSupportedError();
    await this.facts.require(taskId, call);
  }

  private async find(request: PushConfigRequest, call: CallContext): Promise<PushDelivery> {
    const { taskId, id } = request;
    await this.requireTask(taskId, call);
    const found = (await this.workflows.read(taskId))?.deliveries.find(({ config }) => config.id === id);
    if (found !== undefined) return found;
    throw new TaskNotFoundError({
      message: `Task ${taskId} has no push notification config of that ID`,
      metadata: { taskId },
    });
  }

  /** Where the task's history is. */
  private async now(taskId: string): Promise<PushPosition> {
    const description = await this.describe(taskId);
    const { execution, historyLength } = description?.workflowExecutionInfo ?? {};
    if (!execution?.runId) throw taskNotFound(taskId);
    return { runId: execution.runId, eventId: Number(historyLength), part: LAST_PART };
  }

  private async describe(workflowId: string) {
    try {
      return await this.calls.describe({ workflowId });
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
      throw fromTemporal(error);
    }
  }

  private async taskOf(id: string, call: CallContext): Promise<DeliveredTask> {
    const { agentId, contextId, owner } = await this.facts.require(id, call);
    return { id, agentId, contextId, owner };
  }
}

/** Whether the delivery is under way already: what its workflow would do nothing about. */
function isKnown({ config, version }: PushDelivery, state: PushState | undefined): boolean {
  return (state?.deliveries ?? []).some(
    (known) => known.outcome === undefined && known.version === version && sameJson(known.config, config),
  );
}

function describeDelivery(
  config: StoredPushConfig,
  { version = VERSION, agent }: CallContext,
): Omit<PushDelivery, 'from'> {
  return {
    config,
    version,
    ...(agent.answers === 'message' && { holdsForMessage: true }),
    ...(agent.repeatAnswer && { repeatsAnswer: true }),
  };
}
