import type { Client } from '@temporalio/client';
import {
  InvalidParamsError,
  PushNotificationNotSupportedError,
  UnsupportedOperationError,
  unavailable,
} from '../a2a/errors';
import type {
  CancelTaskRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  PushConfigRequest,
  SendMessageRequest,
  SendMessageResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '../a2a/types';
import { type Agents, AgentSet } from '../config/agent-set';
import type { AgentConfig } from '../config/agents';
import type { Limits } from '../config/quotas';
import type { PushStatus } from '../contract/push';
import { type Meter, NO_METER } from '../metrics/meter';
import type { Availability } from '../temporal/availability';
import type { Tracing } from '../tracing/tracing';
import { AnswerWaiter } from './answer-waiter';
import { meterFollower, meterNode } from './bridge-metrics';
import { Canceller } from './cancel';
import { KnownTasks } from './known-tasks';
import { limitHistory } from './history-length';
import type { HistoryStep } from './history-step';
import { meterNamespace } from './namespace-metrics';
import { formatPosition, parsePosition } from './position';
import { OpenCounts } from './open-counts';
import { ProblemWatch } from './problem-watch';
import { PushConfigs, type PushOptions } from './push-configs';
import { shownBy } from './repeat-answer';
import { Sender } from './send';
import { StuckTasks } from './stuck-tasks';
import { TaskFactsCache } from './task-facts';
import { type From, TaskFollower } from './task-follower';
import { TaskList } from './task-list';
import { type CurrentTask, TaskReader } from './task-reader';
import { StepStream } from './task-stream';
import { type BridgeLogger, fromTemporal, GRPC, isGrpcError, TemporalCalls } from './temporal-calls';
import type { CallContext, TaskOperations, TaskStream } from './types';
import { WorkerWatch } from './worker-watch';

/** Long polls of a node that was told no number. */
const LONG_POLLS = { first: 600, most: 10_000 };

const READ_CACHE_BYTES = 64 * 1024 ** 2;

/** Time in ms that Temporal has to say that it is there. */
const HEALTH_TIMEOUT_MS = 1_500;

/** Options of {@link TaskBridge}; all but `client` may be left out. */
export interface TaskBridgeOptions {
  /** Connected to the namespace whose workflows are the agents. */
  client: Client;
  /**
   * Task queues whose workers run in this process on the same NativeConnection: their workflows begin with the
   * call that starts them, which takes about half the time.
   */
  eagerTaskQueues?: Iterable<string>;
  /**
   * Most long polls that this node holds at once, one a followed task; tasks beyond are looked at from time to time.
   * Unless set, 600 at first, half of what Temporal allows a namespace by default, then up to 10,000. Fewer when Temporal
   * refuses some.
   */
  maxLongPolls?: number;
  /** Size in bytes, as JSON, of what this node remembers of tasks; default 64 MiB, 0 for none. */
  readCacheBytes?: number;
  /** Push notifications, delivered by the worker that `createPushWorker` makes; without it there are none. */
  push?: PushOptions | undefined;
  /** Open tasks and webhooks of each caller, unless agents.yaml says otherwise; no limits unless set. */
  quotas?: Limits | undefined;
  /** What operators should know of tasks and workers; nothing is logged without one. */
  logger?: BridgeLogger;
  /** Of the client's connection, when somebody else asks for it too. */
  availability?: Availability;
  /** Where it is counted what happens; by nobody unless set. */
  metrics?: Meter | undefined;
  /** By whose traces the workflows go on that calls start; by nobody's unless set. */
  tracing?: Tracing | undefined;
}

/** The operations of A2A on Temporal: a task is a workflow, and its ID the workflow's. */
export class TaskBridge implements TaskOperations {
  private readonly calls: TemporalCalls;
  private readonly facts: TaskFactsCache;
  private readonly follower: TaskFollower;
  private readonly stuck: StuckTasks;
  private readonly reader: TaskReader;
  private readonly sender: Sender;
  private readonly tasks: TaskList;
  private readonly canceller: Canceller;
  private readonly push: PushConfigs | undefined;
  private readonly workers: WorkerWatch;
  private readonly ownsAvailability: boolean;
  private readonly metrics: Meter;
  private readonly endings: (() => void)[] = [];

  constructor(options: TaskBridgeOptions) {
    const { client, eagerTaskQueues = [], push, logger, availability } = options;
    const { readCacheBytes = READ_CACHE_BYTES, metrics = NO_METER } = options;
    this.metrics = metrics;
    this.calls = new TemporalCalls(client, logger, availability, options.tracing);
    this.ownsAvailability = availability === undefined;
    const known = new KnownTasks(this.calls, readCacheBytes, metrics);
    this.facts = new TaskFactsCache(this.calls, known);
    this.follower = new TaskFollower(this.calls, {
      maxLongPolls: options.maxLongPolls ?? LONG_POLLS.most,
      firstLongPolls: options.maxLongPolls ?? LONG_POLLS.first,
      known,
    });
    this.stuck = new StuckTasks(this.calls, metrics);
    const { calls, facts, follower, stuck } = this;
    this.reader = new TaskReader({ calls, facts, stuck, known });
    this.tasks = new TaskList({ calls, stuck, known });
    const counts = new OpenCounts(calls, options.quotas, metrics);
    this.push = push && new PushConfigs(calls, facts, stuck.queues, push, counts);
    const currentTask: CurrentTask = (...args) => this.reader.read(...args);
    this.workers = new WorkerWatch({ calls, queues: stuck.queues });
    this.canceller = new Canceller({ calls, follower, queues: stuck.queues, currentTask });
    const answers = new AnswerWaiter({ calls, facts, follower, stuck, known, currentTask });
    this.endings.push(
      meterFollower(metrics, follower, 'api'),
      ...meterNode(metrics, { answers, known, availability: calls.availability }),
    );
    this.sender = new Sender({
      calls,
      facts,
      follower,
      answers,
      push: this.push,
      counts,
      eagerTaskQueues: new Set(eagerTaskQueues),
      watch: (taskId, call) => this.watch(taskId, call),
      currentTask,
    });
  }

  sendMessage(request: SendMessageRequest, call: CallContext): Promise<SendMessageResponse> {
    return this.sender.sendMessage(request, call);
  }

  sendStreamingMessage(request: SendMessageRequest, call: CallContext): Promise<TaskStream> {
    return this.sender.sendStreamingMessage(request, call);
  }

  async getTask({ id, historyLength }: GetTaskRequest, call: CallContext): Promise<Task> {
    return limitHistory(shownBy(call.agent).task(await this.reader.read(id, call)), historyLength);
  }

  listTasks(request: ListTasksRequest, call: CallContext): Promise<ListTasksResponse> {
    return this.tasks.list(request, call);
  }

  cancelTask({ id }: CancelTaskRequest, call: CallContext): Promise<Task> {
    return this.canceller.cancel(id, call);
  }

  async subscribeToTask(
    { id }: SubscribeToTaskRequest,
    call: CallContext,
    lastEventId?: string,
  ): Promise<TaskStream> {
    const position = lastEventId === undefined ? undefined : requirePosition(lastEventId);
    await this.facts.require(id, call);
    // A task that is followed already does not tell whether Temporal is there.
    await this.calls.availability.confirm();
    const steps = await this.follow(id, position === undefined ? 'now' : { position });
    const stream = new StepStream(steps, {
      startsWithTask: position === undefined,
      endsForInput: false,
      holdsForMessage: false,
      problems: this.watch(id, call),
      ...(lastEventId !== undefined && { after: lastEventId }),
      ...(call.signal && { signal: call.signal }),
    });
    return shownBy(call.agent).stream(stream);
  }

  get supportsPush(): boolean {
    return this.push !== undefined;
  }

  async createTaskPushNotificationConfig(
    config: TaskPushNotificationConfig,
    call: CallContext,
  ): Promise<TaskPushNotificationConfig> {
    return this.requirePush().create(config, call);
  }

  async getTaskPushNotificationConfig(
    request: PushConfigRequest,
    call: CallContext,
  ): Promise<TaskPushNotificationConfig> {
    return this.requirePush().get(request, call);
  }

  async listTaskPushNotificationConfigs(
    request: ListTaskPushNotificationConfigsRequest,
    call: CallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    return this.requirePush().list(request, call);
  }

  async deleteTaskPushNotificationConfig(request: PushConfigRequest, call: CallContext): Promise<void> {
    return this.requirePush().delete(request, call);
  }

  async getPushStatus(request: PushConfigRequest, call: CallContext): Promise<PushStatus> {
    return this.requirePush().status(request, call);
  }

  async dialectOf(taskId: string, call: CallContext): Promise<string | undefined> {
    return (await this.facts.require(taskId, call)).dialect;
  }

  /** Logs, from now on, when no worker polls the task queue of an agent, or that of push notifications, and when one does again. */
  watchWorkers(agents: Agents): void {
    const set = AgentSet.of(agents);
    const watch = () => {
      const waiting = waitingOn(set.current);
      if (this.push !== undefined) waiting.set(this.push.taskQueue, 'push notifications');
      this.workers.watch(waiting);
    };
    watch();
    this.endings.push(set.onChange(watch));
  }

  /** Tells the metrics, whenever they are read, of the tasks of the namespace and of the agents' task queues. */
  meterNamespace(agents: Agents): void {
    const queues = AgentSet.of(agents).view((all) => {
      const names = new Set(all.map(({ workflow }) => workflow.taskQueue));
      if (this.push !== undefined) names.add(this.push.taskQueue);
      return [...names];
    });
    this.endings.push(...meterNamespace(this.metrics, this.calls, queues));
  }

  /** Stops following; streams end, and their readers resume at another node. */
  close(): void {
    this.workers.close();
    for (const end of this.endings.splice(0)) end();
    this.follower.close();
    if (this.ownsAvailability) this.calls.availability.close();
  }

  /** @throws BridgeError UNAVAILABLE that says what is missing, within 2 s */
  async checkHealth(): Promise<void> {
    const { calls } = this;
    const { namespace } = calls;
    try {
      await calls.call((service) => service.describeNamespace({ namespace }), HEALTH_TIMEOUT_MS);
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) throw unavailable(`Temporal has no namespace "${namespace}"`);
      // A key may be allowed to use the namespace, and not to describe it.
      if (!isGrpcError(error, GRPC.PERMISSION_DENIED)) throw fromTemporal(error);
    }
  }

  private watch(taskId: string, { agent }: CallContext): ProblemWatch {
    const { stuck, follower } = this;
    return new ProblemWatch({ stuck, follower, tellsPauses: true }, taskId, agent.id);
  }

  private requirePush(): PushConfigs {
    if (this.push === undefined) throw new PushNotificationNotSupportedError();
    return this.push;
  }

  /** @throws UnsupportedOperationError when the task has ended, and nothing has happened to it since the position */
  private async follow(id: string, from: From): Promise<AsyncIterableIterator<HistoryStep>> {
    const steps = await this.follower.follow(id, { from }).catch((error: unknown) => {
      throw fromTemporal(error);
    });
    if (!steps.hadEnded) return steps;
    const first = from === 'now' ? undefined : await steps.next();
    if (first === undefined || first.done === true) {
      await steps.return?.();
      throw new UnsupportedOperationError({
        message: `Task ${id} has ended; there is nothing to subscribe to`,
        metadata: { taskId: id },
      });
    }
    return prepend(first.value, steps);
  }
}

/** What waits for the workers of each task queue, in words. */
function waitingOn(agents: readonly AgentConfig[]): Map<string, string> {
  const names = new Map<string, string[]>();
  for (const { id, workflow } of agents)
    names.set(workflow.taskQueue, [...(names.get(workflow.taskQueue) ?? []), JSON.stringify(id)]);
  return new Map(
    [...names].map(([queue, ids]) => [
      queue,
      `tasks of the agent${ids.length > 1 ? 's' : ''} ${ids.join(', ')}`,
    ]),
  );
}

function requirePosition(lastEventId: string) {
  const position = parsePosition(lastEventId);
  if (position !== undefined) return position;
  throw new InvalidParamsError([
    {
      field: 'Last-Event-ID',
      description: `must be the ID of an event of this stream, such as "${example}"`,
    },
  ]);
}

const example = formatPosition({ runId: '0f5f2f2e-3c1e-4a5e-9d0a-6f1f7d3c2b1a', eventId: 12, part: 0 });

function prepend<T>(first: T, rest: AsyncIterableIterator<T>): AsyncIterableIterator<T> {
  let taken = false;
  return {
    next: async () => {
      if (taken) return rest.next();
      taken = true;
      return { done: false, value: first };
    },
    return: async () => (await rest.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
