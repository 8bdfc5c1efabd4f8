import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation, type WorkflowClient } from '@temporalio/client';
import { ApplicationFailure, type Workflow } from '@temporalio/common';
import {
  BridgeError,
  PushNotificationNotSupportedError,
  TaskNotFoundError,
  unavailable,
} from '../a2a/errors';
import type {
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  PushConfigRequest,
  TaskPushNotificationConfig,
} from '../a2a/types';
import { EncryptionKeyError, type EncryptionKeys } from '../contract/encryption-keys';
import { unreadableText, valueIn } from '../contract/payload';
import {
  MAX_PUSH_CONFIGS,
  PUSH_DELETE,
  PUSH_LIMIT_FAILURE,
  PUSH_QUERY,
  PUSH_SET,
  PUSH_WORKFLOW,
  type PushConfig,
  type PushDelivery,
  type PushPosition,
  type PushStart,
  type PushState,
  type PushStatus,
  type PushTimes,
  pushWorkflowId,
  type StoredPushConfig,
  tooManyPushConfigs,
} from '../contract/push';
import { pushSummary } from '../contract/summary';
import { pushAttributes } from '../contract/task-attributes';
import { AddressGuard } from '../outbound/address-guard';
import { checkPushConfig } from './push-check';
import { PushSeal } from './push-seal';
import { pushStatus } from './push-status';
import type { TaskFacts, TaskFactsCache } from './task-facts';
import { taskNotFound } from './task-not-found';
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

/** Time in ms that the push worker has to answer before the caller hears that it is unavailable. */
const WORKER_TIMEOUT_MS = 2_000;

/** Time in ms that Temporal itself has. */
const START_TIMEOUT_MS = 5_000;

/** Behind everything that one event may hold. */
const LAST_PART = 999_999;

/** A task whose notifications are delivered. */
interface DeliveredTask extends Pick<TaskFacts, 'agentId' | 'contextId' | 'owner'> {
  id: string;
}

/** The push notification configs of tasks (specification sections 3.1.7 to 3.1.10): a workflow for each task. */
export class PushConfigs {
  private readonly guard: AddressGuard;
  private readonly seal: PushSeal;

  constructor(
    private readonly calls: TemporalCalls,
    private readonly facts: TaskFactsCache,
    private readonly options: PushOptions,
  ) {
    this.guard = new AddressGuard(options.outboundAllow);
    this.seal = new PushSeal(options.sealingKeys);
  }

  get taskQueue(): string {
    return this.options.taskQueue;
  }

  async create(config: TaskPushNotificationConfig, call: CallContext): Promise<TaskPushNotificationConfig> {
    const taskId = config.taskId ?? '';
    await this.requireTask(taskId, call);
    await checkPushConfig(config, this.guard, { canSeal: this.seal.hasKeys });
    const made = { ...config, taskId, id: config.id ?? randomUUID() };
    await this.set(made, call);
    return made;
  }

  async get(request: PushConfigRequest, call: CallContext): Promise<TaskPushNotificationConfig> {
    return this.open((await this.find(request, call)).config);
  }

  async list(
    { taskId }: ListTaskPushNotificationConfigsRequest,
    call: CallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    await this.requireTask(taskId, call);
    const state = await this.read(taskId);
    // At most MAX_PUSH_CONFIGS, so there is never another page.
    return { configs: (state?.deliveries ?? []).map(({ config }) => this.open(config)), nextPageToken: '' };
  }

  async delete({ taskId, id }: PushConfigRequest, call: CallContext): Promise<void> {
    await this.requireTask(taskId, call);
    const state = await this.read(taskId);
    if (state?.deliveries.some(({ config }) => config.id === id)) {
      await this.update(await this.taskOf(taskId, call), PUSH_DELETE, id, state);
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
    const known = fresh ? undefined : await this.read(taskId).catch(() => undefined);
    const configs = (known?.deliveries ?? []).map((each) => each.config);
    // The message was sent again after its notifications were delivered.
    if (configs.some((each) => this.seal.isSame(each, own))) return;
    const delivery: PushDelivery = { ...describeDelivery(this.seal.seal(own), call), from: 'start' };
    // A signal cannot be refused, so one that would be left is not sent.
    if (configs.length >= MAX_PUSH_CONFIGS && !configs.some(({ id }) => id === delivery.config.id)) {
      throw new BridgeError('RESOURCE_EXHAUSTED', tooManyPushConfigs(taskId));
    }
    const start = this.start(await this.taskOf(taskId, call), known);
    try {
      await this.workflows(START_TIMEOUT_MS, (client) =>
        client.signalWithStart(PUSH_WORKFLOW, {
          ...start,
          signal: PUSH_SET,
          signalArgs: [delivery],
        }),
      );
    } catch (error) {
      throw fromTemporal(error);
    }
  }

  /** The config of a further message, before that is sent: from now on. */
  async add(taskId: string, config: TaskPushNotificationConfig, call: CallContext): Promise<void> {
    await this.set({ ...config, taskId, id: config.id ?? taskId }, call);
  }

  private async set(config: PushConfig, call: CallContext): Promise<void> {
    const { taskId } = config;
    const [state, from, task] = await Promise.all([
      this.read(taskId),
      this.now(taskId),
      this.taskOf(taskId, call),
    ]);
    await this.update(
      task,
      PUSH_SET,
      { ...describeDelivery(this.seal.seal(config, state), call), from },
      state,
    );
  }

  /** For its owner. */
  private open(config: StoredPushConfig): PushConfig {
    try {
      return this.seal.open(config);
    } catch (error) {
      if (!(error instanceof EncryptionKeyError)) throw error;
      const key = JSON.stringify(error.keyId);
      throw unavailable(
        `The config cannot be opened: this server's sealing key ${key} is missing or another one`,
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
    const found = (await this.read(taskId))?.deliveries.find(({ config }) => config.id === id);
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

  /** Also of a delivery workflow that has ended. Undefined when there never was one. */
  private async read(taskId: string): Promise<PushState | undefined> {
    const { namespace, payloads } = this.calls;
    try {
      const { queryResult } = await this.calls.call(
        (service) =>
          service.queryWorkflow({
            namespace,
            execution: { workflowId: pushWorkflowId(taskId) },
            query: { queryType: PUSH_QUERY },
          }),
        WORKER_TIMEOUT_MS,
      );
      const state = await payloads.read(queryResult?.payloads?.[0], pushWorkflowId(taskId));
      if (state.kind === 'unreadable') throw unavailable(unreadableText('What its worker answers', state));
      return valueIn(state) as PushState | undefined;
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
      // It cannot run the workflow, as one that lacks the keys of its payloads.
      if (isGrpcError(error, GRPC.INVALID_ARGUMENT)) {
        throw unavailable('The worker for push notifications fails; its log says why', error);
      }
      throw this.noWorker(error);
    }
  }

  /** @param before what the run that may have ended holds, for the run that takes its place */
  private async update(
    task: DeliveredTask,
    name: string,
    argument: PushDelivery | string,
    before: PushState | undefined,
  ): Promise<void> {
    let state = before;
    const deadline = Date.now() + WORKER_TIMEOUT_MS;
    for (;;) {
      try {
        return await this.updateOnce(task, name, argument, state, deadline - Date.now());
      } catch (error) {
        // The workflow was about to end when the update came: it is repeated, to the run that takes its place.
        const codes = [GRPC.FAILED_PRECONDITION, GRPC.NOT_FOUND, GRPC.ABORTED];
        const { cause } = error as { cause?: unknown };
        const raced = isGrpcError(error, ...codes) || isGrpcError(cause, ...codes);
        if (!raced || Date.now() > deadline - 100) throw this.updateError(error);
        await sleep(50);
        state = await this.read(task.id);
      }
    }
  }

  private async updateOnce(
    task: DeliveredTask,
    name: string,
    argument: PushDelivery | string,
    state: PushState | undefined,
    timeoutMs: number,
  ): Promise<void> {
    await this.workflows(timeoutMs, (client) =>
      client.executeUpdateWithStart<Workflow, void, [PushDelivery | string]>(name, {
        args: [argument],
        startWorkflowOperation: new WithStartWorkflowOperation(PUSH_WORKFLOW, {
          ...this.start(task, state),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      }),
    );
  }

  private updateError(error: unknown): unknown {
    const { cause } = error as { cause?: unknown };
    if (cause instanceof ApplicationFailure && cause.type === PUSH_LIMIT_FAILURE) {
      return new BridgeError('RESOURCE_EXHAUSTED', cause.message);
    }
    return this.noWorker(error);
  }

  private async taskOf(id: string, call: CallContext): Promise<DeliveredTask> {
    const { agentId, contextId, owner } = await this.facts.require(id, call);
    return { id, agentId, contextId, owner };
  }

  private start({ id: taskId, agentId, contextId, owner }: DeliveredTask, state: PushState | undefined) {
    const { taskQueue, times, maxEvents } = this.options;
    const start: PushStart = {
      taskId,
      ...(state && { state: this.seal.sealAll(state) }),
      ...(times && { times }),
      ...(maxEvents !== undefined && { maxEvents }),
    };
    return {
      workflowId: pushWorkflowId(taskId),
      taskQueue,
      args: [start],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
      typedSearchAttributes: pushAttributes(agentId, contextId),
      ...pushSummary(taskId, agentId, owner),
    };
  }

  private workflows<T>(timeoutMs: number, run: (client: WorkflowClient) => Promise<T>): Promise<T> {
    const { workflows } = this.calls;
    return this.calls.within(timeoutMs, () => run(workflows));
  }

  private noWorker(error: unknown): unknown {
    const { name, cause } = error as { name?: string; cause?: unknown };
    const late = name === 'WorkflowUpdateRPCTimeoutOrCancelledError';
    const codes = [GRPC.DEADLINE_EXCEEDED, GRPC.FAILED_PRECONDITION, GRPC.CANCELLED];
    if (late || isGrpcError(error, ...codes) || isGrpcError(cause, ...codes)) {
      return unavailable('The worker for push notifications does not answer; try again in a moment', error);
    }
    return fromTemporal(error);
  }
}

function describeDelivery(
  config: StoredPushConfig,
  { version = '1.0', agent }: CallContext,
): Omit<PushDelivery, 'from'> {
  return {
    config,
    version,
    ...(agent.answers === 'message' && { holdsForMessage: true }),
    ...(agent.repeatAnswer && { repeatsAnswer: true }),
  };
}
