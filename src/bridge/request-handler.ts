import {
  AgentCard as SdkAgentCard,
  CancelTaskRequest as SdkCancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest as SdkDeletePushConfigRequest,
  GetExtendedAgentCardRequest as SdkGetExtendedAgentCardRequest,
  GetTaskPushNotificationConfigRequest as SdkGetPushConfigRequest,
  GetTaskRequest as SdkGetTaskRequest,
  ListTaskPushNotificationConfigsRequest as SdkListPushConfigsRequest,
  type ListTaskPushNotificationConfigsResponse as SdkListPushConfigsResponse,
  ListTasksRequest as SdkListTasksRequest,
  type ListTasksResponse as SdkListTasksResponse,
  type Message as SdkMessage,
  TaskPushNotificationConfig as SdkPushConfig,
  SendMessageRequest as SdkSendMessageRequest,
  type StreamResponse as SdkStreamResponse,
  SubscribeToTaskRequest as SdkSubscribeToTaskRequest,
  type Task as SdkTask,
} from '@a2a-js/sdk';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import {
  InvalidParamsError,
  PushNotificationNotSupportedError,
  UnsupportedOperationError,
} from '../a2a/errors';
import { describe } from '../a2a/proto-json';
import {
  cancelTaskRequest,
  createPushConfigRequest,
  getExtendedAgentCardRequest,
  getTaskRequest,
  listPushConfigsRequest,
  listTasksRequest,
  parseRequest,
  pushConfigRequest,
  sendMessageRequest,
  subscribeToTaskRequest,
} from '../a2a/schema';
import type { AgentCard, SendMessageRequest } from '../a2a/types';
import type { AgentConfig } from '../config/agents';
import { activeExtensions } from './extensions';
import { ANONYMOUS, distinctOwner } from './owner';
import { toSdkMessage, toSdkStreamResponse, toSdkTask } from './sdk-types';
import type { CallContext, ProtocolVersion, TaskOperations, TaskStream } from './types';

export interface BridgeRequestHandlerOptions {
  operations: TaskOperations;
  agent: AgentConfig;
  /** The agent's card, with the URLs at which the SDK's server is reached. */
  card: AgentCard;
  /** What GetExtendedAgentCard answers; without it the agent has none. */
  extendedCard?: AgentCard | undefined;
  /**
   * The identity that a call's tasks belong to. Unless set: the name of the authenticated user, else
   * "anonymous".
   */
  owner?: ((context: ServerCallContext) => string) | undefined;
  /** Version of A2A that the callers speak; 1.0 unless set. */
  version?: ProtocolVersion;
  /**
   * Aborted when the caller has gone. The SDK's Express handlers do not tell, so without it a stream is
   * followed to its end although nobody reads it.
   */
  signal?: ((context: ServerCallContext) => AbortSignal | undefined) | undefined;
}

/**
 * One agent of the bridge as the request handler of any server that is built on the official SDK: its Express
 * handlers, its gRPC service, or others (`@a2a-js/sdk/server`, `A2ARequestHandler`).
 *
 * The codecs of those servers coerce what they read. What they leave wrong is an InvalidParamsError here; what
 * they mend or drop on the way (a lone Part for a list of them, `data: null`) cannot be seen any more.
 * A tenant must be empty or the agent's ID.
 */
export class BridgeRequestHandler implements A2ARequestHandler {
  private readonly card: SdkAgentCard;

  constructor(private readonly options: BridgeRequestHandlerOptions) {
    this.card = SdkAgentCard.fromJSON(options.card);
  }

  async getAgentCard(): Promise<SdkAgentCard> {
    return this.card;
  }

  /** @throws UnsupportedOperationError when the agent has no extended card */
  async getAuthenticatedExtendedAgentCard(
    params: SdkGetExtendedAgentCardRequest,
    context: ServerCallContext,
  ): Promise<SdkAgentCard> {
    const request = parseRequest(getExtendedAgentCardRequest, SdkGetExtendedAgentCardRequest.toJSON(params));
    this.checkTenant(request.tenant, context);
    const { extendedCard } = this.options;
    if (extendedCard === undefined) {
      throw new UnsupportedOperationError('The agent has no extended agent card');
    }
    return SdkAgentCard.fromJSON(extendedCard);
  }

  async sendMessage(
    params: SdkSendMessageRequest,
    context: ServerCallContext,
  ): Promise<SdkMessage | SdkTask> {
    const request = this.readSend(params);
    const { operations } = this.options;
    const { task, message } = await operations.sendMessage(request, this.call(request.tenant, context));
    if (task !== undefined) return toSdkTask(task);
    if (message !== undefined) return toSdkMessage(message);
    throw new Error('The bridge has answered with neither a task nor a message');
  }

  sendMessageStream(
    params: SdkSendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<SdkStreamResponse, void, undefined> {
    return this.stream(context, (gone) => {
      const request = this.readSend(params);
      return this.options.operations.sendStreamingMessage(request, this.call(request.tenant, context, gone));
    });
  }

  async getTask(params: SdkGetTaskRequest, context: ServerCallContext): Promise<SdkTask> {
    const request = parseRequest(getTaskRequest, SdkGetTaskRequest.toJSON(params));
    return toSdkTask(await this.options.operations.getTask(request, this.call(request.tenant, context)));
  }

  async listTasks(params: SdkListTasksRequest, context: ServerCallContext): Promise<SdkListTasksResponse> {
    const request = parseRequest(listTasksRequest, SdkListTasksRequest.toJSON(params));
    const call = this.call(request.tenant, context);
    const { tasks, ...page } = await this.options.operations.listTasks(request, call);
    return { tasks: tasks.map(toSdkTask), ...page };
  }

  async cancelTask(params: SdkCancelTaskRequest, context: ServerCallContext): Promise<SdkTask> {
    const request = parseRequest(cancelTaskRequest, SdkCancelTaskRequest.toJSON(params));
    return toSdkTask(await this.options.operations.cancelTask(request, this.call(request.tenant, context)));
  }

  resubscribe(
    params: SdkSubscribeToTaskRequest,
    context: ServerCallContext,
  ): AsyncGenerator<SdkStreamResponse, void, undefined> {
    return this.stream(context, (gone) => {
      const request = parseRequest(subscribeToTaskRequest, SdkSubscribeToTaskRequest.toJSON(params));
      return this.options.operations.subscribeToTask(request, this.call(request.tenant, context, gone));
    });
  }

  async createTaskPushNotificationConfig(
    params: SdkPushConfig,
    context: ServerCallContext,
  ): Promise<SdkPushConfig> {
    this.requirePush();
    const request = parseRequest(createPushConfigRequest, SdkPushConfig.toJSON(params));
    const call = this.call(request.tenant, context);
    const made = await this.options.operations.createTaskPushNotificationConfig(request, call);
    return SdkPushConfig.fromJSON(made);
  }

  async getTaskPushNotificationConfig(
    params: SdkGetPushConfigRequest,
    context: ServerCallContext,
  ): Promise<SdkPushConfig> {
    this.requirePush();
    const request = parseRequest(pushConfigRequest, SdkGetPushConfigRequest.toJSON(params));
    const call = this.call(request.tenant, context);
    const found = await this.options.operations.getTaskPushNotificationConfig(request, call);
    return SdkPushConfig.fromJSON(found);
  }

  async listTaskPushNotificationConfigs(
    params: SdkListPushConfigsRequest,
    context: ServerCallContext,
  ): Promise<SdkListPushConfigsResponse> {
    this.requirePush();
    const request = parseRequest(listPushConfigsRequest, SdkListPushConfigsRequest.toJSON(params));
    const call = this.call(request.tenant, context);
    const { configs, nextPageToken } = await this.options.operations.listTaskPushNotificationConfigs(
      request,
      call,
    );
    return { configs: configs.map((config) => SdkPushConfig.fromJSON(config)), nextPageToken };
  }

  async deleteTaskPushNotificationConfig(
    params: SdkDeletePushConfigRequest,
    context: ServerCallContext,
  ): Promise<void> {
    this.requirePush();
    const request = parseRequest(pushConfigRequest, SdkDeletePushConfigRequest.toJSON(params));
    const call = this.call(request.tenant, context);
    await this.options.operations.deleteTaskPushNotificationConfig(request, call);
  }

  /** @throws PushNotificationNotSupportedError */
  private requirePush(): void {
    if (!this.options.agent.pushNotifications) throw new PushNotificationNotSupportedError();
  }

  /** @throws InvalidParamsError, PushNotificationNotSupportedError */
  private readSend(params: SdkSendMessageRequest): SendMessageRequest {
    const request = parseRequest(sendMessageRequest, SdkSendMessageRequest.toJSON(params));
    if (request.configuration?.taskPushNotificationConfig !== undefined) this.requirePush();
    return request;
  }

  private stream(
    context: ServerCallContext,
    open: (gone: AbortSignal) => Promise<TaskStream>,
  ): AsyncGenerator<SdkStreamResponse, void, undefined> {
    return generate(this.options.signal?.(context), async (gone) => {
      if (!this.options.agent.streaming) {
        throw new UnsupportedOperationError('The agent does not offer streaming operations');
      }
      return open(gone);
    });
  }

  /** @throws InvalidParamsError for another tenant; ExtensionSupportRequiredError */
  private call(
    tenant: string | undefined,
    context: ServerCallContext,
    signal = this.options.signal?.(context),
  ): CallContext {
    const { agent, owner = userName, version } = this.options;
    this.checkTenant(tenant, context);
    for (const uri of activeExtensions(agent, context.requestedExtensions ?? [])) {
      context.addActivatedExtension(uri);
    }
    const caller = distinctOwner(owner(context));
    return { agent, owner: caller, ...(version && { version }), ...(signal && { signal }) };
  }

  /** The REST handler of the SDK tells a tenant of the path in the context alone. */
  private checkTenant(asked: string | undefined, context: ServerCallContext): void {
    const { id } = this.options.agent;
    for (const tenant of [asked, context.tenant]) {
      if (tenant === undefined || tenant === '' || tenant === id) continue;
      const description = `must be empty or ${describe(id)} here, got ${describe(tenant)}`;
      throw new InvalidParamsError([{ field: 'tenant', description }]);
    }
  }
}

function userName({ user }: ServerCallContext): string {
  return user?.isAuthenticated === true && user.userName !== '' ? user.userName : ANONYMOUS;
}

/**
 * A stream as a generator. However the reader leaves, the task is followed no longer: at once, although a
 * generator that waits for its next event would end only when that comes.
 */
function generate(
  caller: AbortSignal | undefined,
  open: (gone: AbortSignal) => Promise<TaskStream>,
): AsyncGenerator<SdkStreamResponse, void, undefined> {
  const left = new AbortController();
  const gone = caller === undefined ? left.signal : AbortSignal.any([left.signal, caller]);
  async function* events(): AsyncGenerator<SdkStreamResponse, void, undefined> {
    const stream = await open(gone);
    try {
      for await (const { response } of stream) yield toSdkStreamResponse(response);
    } finally {
      await stream.return();
    }
  }
  const generator = events();
  const end = generator.return.bind(generator);
  generator.return = (value) => {
    left.abort();
    return end(value);
  };
  return generator;
}
