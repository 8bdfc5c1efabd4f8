import type {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetExtendedAgentCardRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { isObject } from '../a2a/is-object';

type Events = AsyncGenerator<StreamResponse, void, undefined>;

/** What one call wants to know of its request handler, beside the answer. */
export interface CallWatch {
  /** The error itself, of which the SDK's service keeps less than the client is to get. */
  failed(error: unknown): void;
  /** Resolves when the client has taken what was sent to it; false when it gets no more. */
  taken(): Promise<boolean>;
  /** A request, an answer or an event, as the SDK has it. */
  noted(message: object): void;
}

/**
 * The request handler of one call, around that of the agent. It tells of errors, gives a stream's next event only
 * when the client has taken the last one, and reads zeros the way gRPC clients mean them.
 */
export class CallHandler implements A2ARequestHandler {
  constructor(
    private readonly inner: A2ARequestHandler,
    private readonly card: AgentCard,
    private readonly watch: CallWatch,
    /** A2A 0.3 has no other way to leave a historyLength out than 0. */
    private readonly zeroHistoryIsUnset: boolean,
  ) {}

  async getAgentCard(): Promise<AgentCard> {
    return this.card;
  }

  getAuthenticatedExtendedAgentCard(
    params: GetExtendedAgentCardRequest,
    context: ServerCallContext,
  ): Promise<AgentCard> {
    return this.watched(this.inner.getAuthenticatedExtendedAgentCard(params, context), params);
  }

  sendMessage(params: SendMessageRequest, context: ServerCallContext): Promise<Message | Task> {
    return this.watched(this.inner.sendMessage(this.withHistory(params), context), params);
  }

  sendMessageStream(params: SendMessageRequest, context: ServerCallContext): Events {
    return this.paced(this.inner.sendMessageStream(this.withHistory(params), context), params);
  }

  getTask(params: GetTaskRequest, context: ServerCallContext): Promise<Task> {
    const historyLength = this.historyLength(params.historyLength);
    return this.watched(this.inner.getTask({ ...params, historyLength }, context), params);
  }

  listTasks(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    // The Go SDK sends 0 for a page size that was not set.
    const pageSize = params.pageSize === 0 ? undefined : params.pageSize;
    return this.watched(this.inner.listTasks({ ...params, pageSize }, context), params);
  }

  cancelTask(params: CancelTaskRequest, context: ServerCallContext): Promise<Task> {
    return this.watched(this.inner.cancelTask(params, context), params);
  }

  resubscribe(params: SubscribeToTaskRequest, context: ServerCallContext): Events {
    return this.paced(this.inner.resubscribe(params, context), params);
  }

  createTaskPushNotificationConfig(
    params: TaskPushNotificationConfig,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    return this.watched(this.inner.createTaskPushNotificationConfig(params, context), params);
  }

  getTaskPushNotificationConfig(
    params: GetTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    return this.watched(this.inner.getTaskPushNotificationConfig(params, context), params);
  }

  listTaskPushNotificationConfigs(
    params: ListTaskPushNotificationConfigsRequest,
    context: ServerCallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    return this.watched(this.inner.listTaskPushNotificationConfigs(params, context), params);
  }

  deleteTaskPushNotificationConfig(
    params: DeleteTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<void> {
    return this.watched(this.inner.deleteTaskPushNotificationConfig(params, context), params);
  }

  private withHistory(params: SendMessageRequest): SendMessageRequest {
    const { configuration } = params;
    if (configuration === undefined) return params;
    const historyLength = this.historyLength(configuration.historyLength);
    return { ...params, configuration: { ...configuration, historyLength } };
  }

  private historyLength(asked: number | undefined): number | undefined {
    return this.zeroHistoryIsUnset && asked === 0 ? undefined : asked;
  }

  private async watched<Answer>(answer: Promise<Answer>, params: object): Promise<Answer> {
    this.watch.noted(params);
    try {
      const given = await answer;
      if (isObject(given)) this.watch.noted(given);
      return given;
    } catch (error) {
      this.watch.failed(error);
      throw error;
    }
  }

  private async *paced(events: Events, params: object): Events {
    this.watch.noted(params);
    try {
      for await (const event of events) {
        this.watch.noted(event);
        yield event;
        if (!(await this.watch.taken())) return;
      }
    } catch (error) {
      this.watch.failed(error);
      throw error;
    }
  }
}
