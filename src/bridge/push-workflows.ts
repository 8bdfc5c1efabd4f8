import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { ApplicationFailure, type Workflow } from '@temporalio/common';
import { BridgeError, unavailable } from '../a2a/errors';
import { unreadableText, valueIn } from '../contract/payload';
import {
  PUSH_DELETE,
  PUSH_LIMIT_FAILURE,
  PUSH_QUERY,
  PUSH_SET,
  PUSH_WITHDRAW,
  PUSH_WORKFLOW,
  type PushDelivery,
  type PushStart,
  type PushState,
  type PushTimes,
  pushWorkflowId,
} from '../contract/push';
import { pushSummary } from '../contract/summary';
import { pushAttributes } from '../contract/task-attributes';
import { KeySlots } from '../temporal/key-slots';
import { fairnessKey } from './fairness';
import type { PushSeal } from './push-seal';
import type { TaskFacts } from './task-facts';
import type { TaskQueues } from './task-queues';
import { abortable, fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';

/** Time in ms that the push worker has to answer before the caller hears that it does not. */
const ANSWER_MS = 10_000;

/** After so long, in ms, it is looked whether there is a push worker at all. */
const PATIENCE_MS = 2_000;

/** Time in ms that Temporal itself has. */
const START_TIMEOUT_MS = 5_000;

/** Updates of one delivery workflow that this node has under way; Temporal allows ten, of all nodes together. */
const UPDATES_AT_ONCE = 4;

/** Pauses in ms before an update is sent again: to the run that takes the place of one that was about to end; to one that has enough. */
const AGAIN_MS = { raced: 50, busy: 200 };

/** The workflow was about to end when the update came. */
const RACED = [GRPC.FAILED_PRECONDITION, GRPC.NOT_FOUND, GRPC.ABORTED];

/** A task whose notifications are delivered. */
export interface DeliveredTask extends Pick<TaskFacts, 'agentId' | 'contextId' | 'owner'> {
  id: string;
}

export interface PushWorkflowsOptions {
  calls: TemporalCalls;
  queues: TaskQueues;
  seal: PushSeal;
  /** Of the push worker. */
  taskQueue: string;
  /** For tests. */
  times?: Partial<PushTimes> | undefined;
  maxEvents?: number | undefined;
}

interface Update {
  name: string;
  argument: PushDelivery | string;
  /** The same for each time that it is sent. */
  updateId: string;
}

/** The delivery workflows of tasks, one for each task that has had a push notification config. */
export class PushWorkflows {
  private readonly updates = new KeySlots(UPDATES_AT_ONCE);

  constructor(private readonly options: PushWorkflowsOptions) {}

  /** Also of a delivery workflow that has ended. Undefined when there never was one. */
  async read(taskId: string, timeoutMs = ANSWER_MS): Promise<PushState | undefined> {
    const { namespace, payloads } = this.options.calls;
    const query = (service: TemporalCalls['client']['workflowService']) =>
      service.queryWorkflow({
        namespace,
        execution: { workflowId: pushWorkflowId(taskId) },
        query: { queryType: PUSH_QUERY },
      });
    const until = Date.now() + timeoutMs;
    try {
      const { queryResult } = await this.answered(until, (leftMs) => this.options.calls.call(query, leftMs));
      const state = await payloads.read(queryResult?.payloads?.[0], pushWorkflowId(taskId));
      if (state.kind === 'unreadable') throw unavailable(unreadableText('What its worker answers', state));
      return valueIn(state) as PushState | undefined;
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
      // It cannot run the workflow, as one that lacks the keys of its payloads.
      if (isGrpcError(error, GRPC.INVALID_ARGUMENT)) {
        throw unavailable('The worker for push notifications fails; its log says why', error);
      }
      throw fromTemporal(error);
    }
  }

  /**
   * Begins a delivery, or replaces the one of the same ID. When this fails, nothing is kept, also later; an error says
   * so where that is not certain.
   * @param known what the run that may have ended holds, for the run that takes its place
   * @param signal ends the wait
   */
  async set(
    task: DeliveredTask,
    delivery: PushDelivery,
    known: PushState | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const updateId = randomUUID();
    try {
      await this.update(task, { name: PUSH_SET, argument: delivery, updateId }, known, signal);
    } catch (error) {
      if (error instanceof BridgeError && error.reason === 'RESOURCE_EXHAUSTED') throw error;
      if (await this.withdraw(task.id, updateId)) throw error;
      throw unavailable(
        'Whether the push notification config is kept is not known: repeat the request, which makes no second one',
        error,
      );
    }
  }

  async delete(task: DeliveredTask, id: string, known: PushState | undefined): Promise<void> {
    await this.update(task, { name: PUSH_DELETE, argument: id, updateId: randomUUID() }, known, undefined);
  }

  /** The delivery that the first message of a task asks for. Needs no worker. */
  async begin(task: DeliveredTask, delivery: PushDelivery, known: PushState | undefined): Promise<void> {
    const { calls } = this.options;
    try {
      await calls.within(START_TIMEOUT_MS, () =>
        calls.workflows.signalWithStart(PUSH_WORKFLOW, {
          ...this.start(task, known),
          signal: PUSH_SET,
          signalArgs: [delivery],
        }),
      );
    } catch (error) {
      throw fromTemporal(error);
    }
  }

  private async update(
    task: DeliveredTask,
    update: Update,
    known: PushState | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const until = Date.now() + ANSWER_MS;
    const limit = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), ...(signal ? [signal] : [])]);
    let state = known;
    const release = await this.updates.acquire(task.id, limit).catch((error: unknown) => {
      throw unavailable('Too many push notification configs of this task are under way', error);
    });
    try {
      for (;;) {
        try {
          return await this.answered(until, (leftMs) =>
            abortable(this.updateOnce(task, update, state, leftMs), limit),
          );
        } catch (error) {
          const pause = pauseBeforeAgain(error);
          if (pause === undefined || Date.now() + pause > until || signal?.aborted) throw updateError(error);
          await sleep(pause);
          state = await this.read(task.id, until - Date.now());
        }
      }
    } finally {
      release();
    }
  }

  private async updateOnce(
    task: DeliveredTask,
    { name, argument, updateId }: Update,
    state: PushState | undefined,
    timeoutMs: number,
  ): Promise<void> {
    const { calls } = this.options;
    await calls.within(timeoutMs, () =>
      calls.workflowsOnce.executeUpdateWithStart<Workflow, void, [PushDelivery | string]>(name, {
        args: [argument],
        updateId,
        startWorkflowOperation: new WithStartWorkflowOperation(PUSH_WORKFLOW, {
          ...this.start(task, state),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      }),
    );
  }

  /**
   * Temporal holds an update for the worker after its caller has gone: what was not done by now must not be done later.
   * @returns whether that is certain
   */
  private async withdraw(taskId: string, updateId: string): Promise<boolean> {
    const { calls } = this.options;
    const handle = calls.workflows.getHandle(pushWorkflowId(taskId));
    try {
      await calls.within(START_TIMEOUT_MS, () => handle.signal(PUSH_WITHDRAW, updateId));
      return true;
    } catch {
      return false;
    }
  }

  private start({ id: taskId, agentId, contextId, owner }: DeliveredTask, state: PushState | undefined) {
    const { taskQueue, times, maxEvents, seal } = this.options;
    const start: PushStart = {
      taskId,
      ...(state && { state: seal.sealAll(state) }),
      ...(times && { times }),
      ...(maxEvents !== undefined && { maxEvents }),
    };
    return {
      workflowId: pushWorkflowId(taskId),
      taskQueue,
      args: [start],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
      typedSearchAttributes: pushAttributes(agentId, contextId, owner),
      priority: { fairnessKey: fairnessKey(owner) },
      ...pushSummary(taskId, agentId, owner),
    };
  }

  /**
   * What the push worker answers.
   * @param run is given the time in ms that is left
   * @throws BridgeError UNAVAILABLE that says why there is no answer
   */
  private async answered<T>(until: number, run: (leftMs: number) => Promise<T>): Promise<T> {
    const began = Date.now();
    const over = new AbortController();
    try {
      return await Promise.race([run(until - began), this.unpolled(over.signal)]);
    } catch (error) {
      throw this.isUnanswered(error) ? await this.noAnswer(began, error) : error;
    } finally {
      over.abort();
    }
  }

  /** Rejects, after a while, when no worker polls the queue. */
  private async unpolled(signal: AbortSignal): Promise<never> {
    await sleep(PATIENCE_MS, undefined, { signal });
    const { queues, taskQueue } = this.options;
    if (await queues.isPolled(taskQueue).catch(() => true)) return new Promise(() => {});
    throw new NoPoller();
  }

  private isUnanswered(error: unknown): boolean {
    const { name, cause } = error as { name?: string; cause?: unknown };
    if (error instanceof NoPoller || name === 'WorkflowUpdateRPCTimeoutOrCancelledError') return true;
    if (name === 'TimeoutError') return true;
    // The limit of a call, and not Temporal, which is there.
    if (error instanceof BridgeError) return !this.options.calls.availability.isAway;
    const codes = [GRPC.DEADLINE_EXCEEDED, GRPC.CANCELLED];
    return isGrpcError(error, ...codes) || isGrpcError(cause, ...codes);
  }

  private async noAnswer(since: number, cause: unknown): Promise<BridgeError> {
    const { queues, taskQueue } = this.options;
    const fault = await queues.fault(taskQueue, since).catch(() => undefined);
    const why = fault === undefined ? '; try again in a moment' : `: ${fault}`;
    return unavailable(`The worker for push notifications does not answer${why}`, cause);
  }
}

/** No worker polls the task queue. */
class NoPoller extends Error {}

/** Time in ms until an update is sent again that was not taken; undefined for other errors. */
function pauseBeforeAgain(error: unknown): number | undefined {
  const { cause } = error as { cause?: unknown };
  const failed = (...codes: GRPC[]) => isGrpcError(error, ...codes) || isGrpcError(cause, ...codes);
  if (failed(...RACED)) return AGAIN_MS.raced;
  return failed(GRPC.RESOURCE_EXHAUSTED) ? AGAIN_MS.busy * (0.5 + Math.random()) : undefined;
}

function updateError(error: unknown): unknown {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof ApplicationFailure && cause.type === PUSH_LIMIT_FAILURE) {
    return new BridgeError('RESOURCE_EXHAUSTED', cause.message);
  }
  return fromTemporal(error);
}
