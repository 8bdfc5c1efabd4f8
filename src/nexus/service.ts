import { WorkflowNotFoundError } from '@temporalio/client';
import {
  getClient,
  operationInfo,
  TemporalOperationHandler,
  TemporalOperationResult,
} from '@temporalio/nexus';
import { type ServiceHandler, type StartOperationContext, serviceHandler } from 'nexus-rpc';
import type { z } from 'zod';
import { unavailable } from '../a2a/errors';
import { isObject } from '../a2a/is-object';
import { cancelTaskRequest, getTaskRequest, parseRequest, sendMessageRequest } from '../a2a/schema';
import type { SendMessageRequest, SendMessageResponse, Task } from '../a2a/types';
import type { Audit } from '../audit/audit';
import type { TaskBridge } from '../bridge/bridge';
import { assertContentTypes, assertPartUrls, workflowInput } from '../bridge/message-input';
import { taskIds } from '../bridge/task-id';
import { abortable } from '../bridge/temporal-calls';
import type { CallContext } from '../bridge/types';
import type { AgentSet } from '../config/agent-set';
import type { AgentConfig } from '../config/agents';
import { a2aService, type NexusSendMessageRequest, type SendStart } from '../contract/nexus';
import type { TraceFields } from '../contract/trace';
import type { Meter } from '../metrics/meter';
import type { PerClient } from '../temporal/per-client';
import type { Tracing } from '../tracing/tracing';
import { type NexusOwner, operationTimeoutMs, ownerOf } from './caller';
import { noSuchAgent } from './errors';
import { type NexusFacts, NexusRequests } from './requests';

export interface NexusServiceOptions {
  bridges: PerClient<TaskBridge>;
  agents: AgentSet;
  /** Whose the tasks are that are made over Nexus; `nexus:<namespace of the caller>` unless set. */
  owner?: NexusOwner;
  /** Where requests are counted; by nobody unless set. */
  metrics?: Meter | undefined;
  /** Where requests are traced; by nobody unless set. */
  tracing?: Tracing | undefined;
  /** Gets a record of each request; nobody unless set. */
  audit?: Audit | undefined;
}

/** Begins the ID of the workflow of each SendMessage; the rest is the request ID of the operation. */
const SEND_PREFIX = 'a2a-send:';

/** Of the 9 s that Temporal gives a request, in ms, what an operation that answers at once leaves unused. */
const RESERVE_MS = 1_000;

/** SendMessage, GetTask and CancelTask for workflows in other namespaces (docs/calling-agents.md). */
export function createNexusService(options: NexusServiceOptions): ServiceHandler {
  const operations = new Operations(options);
  const requests = new NexusRequests(options);
  return serviceHandler(a2aService, {
    SendMessage: new TemporalOperationHandler<NexusSendMessageRequest, SendMessageResponse>({
      start: (context, client, input) =>
        requests.serve('SendMessage', context, async (facts) => {
          const { request, call } = operations.readSend(context, input, facts);
          if (request.configuration?.returnImmediately === true && call.agent.answers === 'task') {
            const sent = await operations.atOnce(context, (bridge) => bridge.sendMessage(request, call));
            facts.taskId = sent.task?.id;
            facts.contextId = sent.task?.contextId ?? sent.message?.contextId;
            return TemporalOperationResult.sync(sent);
          }
          await operations.check(context, request, call);
          const send = sendStart(context, request, call, options.tracing?.fields());
          facts.taskId = send.taskId;
          facts.contextId = request.message.contextId;
          return client.startWorkflow('a2aSend', {
            workflowId: `${SEND_PREFIX}${context.requestId}`,
            args: [send],
            staticSummary: `SendMessage to ${call.agent.id} for ${call.owner}`,
            // A request that comes again finds what it has begun, or waits for the same task once more.
            workflowIdConflictPolicy: 'USE_EXISTING',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          });
        }),
      cancelWorkflowRun: (context, { workflowId }) =>
        requests.serve('CancelOperation', context, () => cancelSend(workflowId)),
    }),
    GetTask: (context, input) =>
      requests.serve('GetTask', context, (facts): Promise<Task> => {
        const { request, call } = operations.read(context, getTaskRequest, input, facts);
        return operations.atOnce(context, (bridge) => bridge.getTask(request, call));
      }),
    CancelTask: (context, input) =>
      requests.serve('CancelTask', context, (facts): Promise<Task> => {
        const { request, call } = operations.read(context, cancelTaskRequest, input, facts);
        return operations.atOnce(context, (bridge) => bridge.cancelTask(request, call));
      }),
  });
}

class Operations {
  private readonly bridges: PerClient<TaskBridge>;
  private readonly agents: () => readonly AgentConfig[];
  private readonly owner: NexusOwner | undefined;

  constructor({ bridges, agents, owner }: NexusServiceOptions) {
    this.bridges = bridges;
    this.agents = agents.view((all) => all.filter(({ versions }) => versions.includes('1.0')));
    this.owner = owner;
  }

  /** @throws InvalidParamsError; HandlerError NOT_FOUND for an agent that is not offered */
  read<Schema extends z.ZodType<{ tenant?: string }>>(
    context: StartOperationContext,
    schema: Schema,
    input: unknown,
    facts: NexusFacts,
  ): { request: z.output<Schema>; call: CallContext } {
    const owner = ownerOf(context, operationInfo().endpoint, this.owner);
    facts.owner = owner;
    const request = parseRequest(schema, input);
    const agent = this.agentOf(request.tenant);
    facts.agent = agent.id;
    if ('id' in request) facts.taskId = request.id as string;
    return { request, call: { agent, owner } };
  }

  /** As {@link read}, with what may be left out. */
  readSend(
    context: StartOperationContext,
    input: unknown,
    facts: NexusFacts,
  ): { request: SendMessageRequest; call: CallContext } {
    const given = isObject(input) && isObject(input.message) ? input.message : undefined;
    const filled = given && {
      ...given,
      messageId: given.messageId || context.requestId,
      role: given.role || 'ROLE_USER',
    };
    const complete = filled === undefined ? input : { ...(input as object), message: filled };
    return this.read(context, sendMessageRequest, complete, facts);
  }

  /**
   * What is wrong with a message is told at once where that can be seen at once.
   * @throws ContentTypeNotSupportedError, InvalidParamsError, TaskNotFoundError
   */
  async check(
    context: StartOperationContext,
    { message }: SendMessageRequest,
    call: CallContext,
  ): Promise<void> {
    const { agent } = call;
    assertContentTypes(message, agent);
    assertPartUrls(message, agent);
    const { taskId } = message;
    if (taskId !== undefined) {
      await this.atOnce(context, (bridge) => bridge.getTask({ id: taskId, historyLength: 0 }, call));
    } else if (agent.workflow.input !== undefined) {
      workflowInput(message, agent.workflow.input);
    }
  }

  /** @throws BridgeError UNAVAILABLE before Temporal's time for the request is over */
  async atOnce<T>(
    { requestDeadline }: StartOperationContext,
    run: (bridge: TaskBridge) => Promise<T>,
  ): Promise<T> {
    const left = (requestDeadline?.getTime() ?? Date.now() + 9_000) - Date.now() - RESERVE_MS;
    const late = AbortSignal.timeout(Math.max(1, left));
    try {
      return await abortable(run(this.bridges.of(getClient())), late);
    } catch (error) {
      if (late.aborted && error === late.reason)
        throw unavailable('Temporal takes too long; try again in a moment');
      throw error;
    }
  }

  private agentOf(tenant: string | undefined): AgentConfig {
    const agent = this.agents().find((each) => (tenant ? each.id === tenant : each.default));
    if (agent !== undefined) return agent;
    const missing = tenant
      ? `There is no agent ${JSON.stringify(tenant)} here`
      : 'There is no default agent here';
    throw noSuchAgent(
      `tenant: ${missing}; there are: ${
        this.agents()
          .map(({ id }) => id)
          .join(', ') || 'none'
      }`,
    );
  }
}

function sendStart(
  context: StartOperationContext,
  request: SendMessageRequest,
  { agent, owner }: CallContext,
  trace: TraceFields | undefined,
): SendStart {
  const { message } = request;
  const timeoutMs = operationTimeoutMs(context);
  return {
    agentId: agent.id,
    owner,
    taskId: message.taskId ?? taskIds(agent.id, owner, message).id,
    request,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(trace !== undefined && { trace }),
  };
}

/** The token that names the workflow comes from the caller: nothing else can be cancelled with it. */
async function cancelSend(workflowId: string): Promise<void> {
  if (!workflowId.startsWith(SEND_PREFIX)) return;
  try {
    await getClient().workflow.getHandle(workflowId).cancel();
  } catch (error) {
    // It has ended.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
