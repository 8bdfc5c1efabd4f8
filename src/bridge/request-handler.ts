// Their types as ES modules have them, which CommonJS projects can compile, too.
import type * as Sdk from '@a2a-js/sdk' with { 'resolution-mode': 'import' };
import * as sdk from '@a2a-js/sdk';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server' with {
  'resolution-mode': 'import',
};
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

/** Options of {@link BridgeRequestHandler}, read at each call: agent and cards may be getters of an agent that changes. */
export interface BridgeRequestHandlerOptions {
  operations: TaskOperations;
  agent: AgentConfig;
  /** The agent's card, with the URLs at which the SDK's server is reached. */
  card: AgentCard;
  /** What GetExtendedAgentCard answers; without it the agent has none. */
  extendedCard?: AgentCard | undefined;
  /** Adds the signatures to a card of 1.0, where cards are signed. */
  signCard?: ((card: object) => Promise<object>) | undefined;
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
  /** As it is shown; asked for with each call. */
  private shown: { of: AgentCard; card: Promise<Sdk.AgentCard> } | undefined;

  constructor(private readonly options: BridgeRequestHandlerOptions) {}

  async getAgentCard(): Promise<Sdk.AgentCard> {
    const { card } = this.options;
    if (this.shown?.of !== card) this.shown = { of: card, card: this.signed(card) };
    return this.shown.card;
  }

  /** @throws UnsupportedOperationError when the agent has no extended card */
  async getAuthenticatedExtendedAgentCard(
    params: Sdk.GetExtendedAgentCardRequest,
    context: ServerCallContext,
  ): Promise<Sdk.AgentCard> {
    const request = parseRequest(getExtendedAgentCardRequest, sdk.GetExtendedAgentCardRequest.toJSON(params));
    this.checkTenant(request.tenant, context);
    const { extendedCard } = this.options;
    if (extendedCard === undefined) {
      throw new UnsupportedOperationError('The agent has no extended agent card');
    }
    return this.signed(extendedCard);
  }

  /** Over the card as the SDK writes it. */
  private async signed(card: AgentCard): Promise<Sdk.AgentCard> {
    const read = sdk.AgentCard.fromJSON(card);
    const { signCard } = this.options;
    if (signCard === undefined) return read;
    return sdk.AgentCard.fromJSON(await signCard(sdk.AgentCard.toJSON(read) as object));
  }

  async sendMessage(
    params: Sdk.SendMessageRequest,
    context: ServerCallContext,
  ): Promise<Sdk.Message | Sdk.Task> {
    const request = this.readSend(params);
    const { operations } = this.options;
    const { task, message } = await operations.sendMessage(request, this.call(request.tenant, context));
    if (task !== undefined) return toSdkTask(task);
    if (message !== undefined) return toSdkMessage(message);
    throw new Error('The bridge has answered with neither a task nor a message');
  }

  sendMessageStream(
    params: Sdk.SendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<Sdk.StreamResponse, void, undefined> {
    return this.stream(context, (gone) => {
      const request = this.readSend(params);
      return this.options.operations.sendStreamingMessage(request, this.call(request.tenant, context, gone));
    });
  }

  async getTask(params: Sdk.GetTaskRequest, context: ServerCallContext): Promise<Sdk.Task> {
    const request = parseRequest(getTaskRequest, sdk.GetTaskRequest.toJSON(params));
    return toSdkTask(await this.options.operations.getTask(request, this.call(request.tenant, context)));
  }

  async listTasks(params: Sdk.ListTasksRequest, context: ServerCallContext): Promise<Sdk.ListTasksResponse> {
    const request = parseRequest(listTasksRequest, sdk.ListTasksRequest.toJSON(params));
    const call = this.call(request.tenant, context);
    const { tasks, ...page } = await this.options.operations.listTasks(request, call);
    return { tasks: tasks.map(toSdkTask), ...page };
  }

  async cancelTask(params: Sdk.CancelTaskRequest, context: ServerCallContext): Promise<Sdk.Task> {
    const request = parseRequest(cancelTaskRequest, sdk.CancelTaskRequest.toJSON(params));
    return toSdkTask(await this.options.operations.cancelTask(request, this.call(request.tenant, context)));
  }

  resubscribe(
    params: Sdk.SubscribeToTaskRequest,
    context: ServerCallContext,
  ): AsyncGenerator<Sdk.StreamResponse, void, undefined> {
    return this.stream(context, (gone) => {
      const request = parseRequest(subscribeToTaskRequest, sdk.SubscribeToTaskRequest.toJSON(params));
      return this.options.operations.subscribeToTask(request, this.call(request.tenant, context, gone));
    });
  }

  async createTaskPushNotificationConfig(
    params: Sdk.TaskPushNotificationConfig,
    context: ServerCallContext,
  ): Promise<Sdk.TaskPushNotificationConfig> {
    this.requirePush();
    const request = parseRequest(createPushConfigRequest, sdk.TaskPushNotificationConfig.toJSON(params));
    const call = this.call(request.tenant, context);
    const made = await this.options.operations.createTaskPushNotificationConfig(request, call);
    return sdk.TaskPushNotificationConfig.fromJSON(made);
  }

  async getTaskPushNotificationConfig(
    params: Sdk.GetTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<Sdk.TaskPushNotificationConfig> {
    this.requirePush();
    const request = parseRequest(pushConfigRequest, sdk.GetTaskPushNotificationConfigRequest.toJSON(params));
    const call = this.call(request.tenant, context);
    const found = await this.options.operations.getTaskPushNotificationConfig(request, call);
    return sdk.TaskPushNotificationConfig.fromJSON(found);
  }

  async listTaskPushNotificationConfigs(
    params: Sdk.ListTaskPushNotificationConfigsRequest,
    context: ServerCallContext,
  ): Promise<Sdk.ListTaskPushNotificationConfigsResponse> {
    this.requirePush();
    const request = parseRequest(
      listPushConfigsRequest,
      sdk.ListTaskPushNotificationConfigsRequest.toJSON(params),
    );
    const call = this.call(request.tenant, context);
    const { configs, nextPageToken } = await this.options.operations.listTaskPushNotificationConfigs(
      request,
      call,
    );
    return {
      configs: configs.map((config) => sdk.TaskPushNotificationConfig.fromJSON(config)),
      nextPageToken,
    };
  }

  async deleteTaskPushNotificationConfig(
    params: Sdk.DeleteTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<void> {
    this.requirePush();
    const request = parseRequest(
      pushConfigRequest,
      sdk.DeleteTaskPushNotificationConfigRequest.toJSON(params),
    );
    const call = this.call(request.tenant, context);
    await this.options.operations.deleteTaskPushNotificationConfig(request, call);
  }

  /** @throws PushNotificationNotSupportedError */
  private requirePush(): void {
    if (!this.options.agent.pushNotifications) throw new PushNotificationNotSupportedError();
  }

  /** @throws InvalidParamsError, PushNotificationNotSupportedError */
  private readSend(params: Sdk.SendMessageRequest): SendMessageRequest {
    const request = parseRequest(sendMessageRequest, sdk.SendMessageRequest.toJSON(params));
    if (request.configuration?.taskPushNotificationConfig !== undefined) this.requirePush();
    return request;
  }

  private stream(
    context: ServerCallContext,
    open: (gone: AbortSignal) => Promise<TaskStream>,
  ): AsyncGenerator<Sdk.StreamResponse, void, undefined> {
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
): AsyncGenerator<Sdk.StreamResponse, void, undefined> {
  const left = new AbortController();
  const gone = caller === undefined ? left.signal : AbortSignal.any([left.signal, caller]);
  async function* events(): AsyncGenerator<Sdk.StreamResponse, void, undefined> {
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
