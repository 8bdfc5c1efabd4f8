import type { z } from 'zod';
import {
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  UnsupportedOperationError,
} from '../a2a/errors';
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
import type { PushConfigRequest, SendMessageRequest } from '../a2a/types';
import type { CallContext, TaskOperations, TaskStream } from '../bridge/types';
import type { AgentConfig } from '../config/agents';
import { extendedAgentCard } from './agent-card';
import { securityInV1 } from './card-security';

/** What one call of an operation knows besides its request. */
export interface OperationCall extends CallContext {
  operations: TaskOperations;
  /** Absolute URL under which the agent was reached. */
  agentUrl: string;
  /** See CardOptions. */
  grpcUrl?: string | undefined;
  /** Adds the signatures to a card, where cards are signed. */
  signCard: <Card extends object>(card: Card) => Promise<Card>;
  lastEventId?: string;
}

/** A route of the HTTP+JSON binding: GET and DELETE take parameters from path and query, POST from path and body. */
export interface RestRoute {
  method: 'GET' | 'POST' | 'DELETE';
  /** As in the proto file: `/tasks/{id}:cancel`. */
  template: string;
}

interface Described {
  /** Name in JSON-RPC and gRPC (specification section 5.3). */
  name: string;
  routes: readonly RestRoute[];
  /** @throws the error of section 3.3.4 when the agent does not offer the operation */
  requires?: (agent: AgentConfig) => void;
  /** Fields that a query writes as `true` and `false`. */
  queryBooleans?: readonly string[];
  /** Whether a client may call it before it knows which extensions the agent requires. */
  withoutExtensions?: true;
}

export interface UnaryOperation extends Described {
  kind: 'unary';
  /** @throws InvalidParamsError, and what the operation throws */
  run(params: unknown, call: OperationCall): Promise<object | null>;
}

export interface StreamingOperation extends Described {
  kind: 'streaming';
  /** @throws InvalidParamsError, and what the operation throws */
  open(params: unknown, call: OperationCall): Promise<TaskStream>;
}

export type Operation = UnaryOperation | StreamingOperation;

/** Every operation of A2A 1.0, once; the bindings derive from this table all that they serve. */
export const OPERATIONS: readonly Operation[] = [
  unary(sendMessageRequest, (request, call) => call.operations.sendMessage(checkPush(request, call), call), {
    name: 'SendMessage',
    routes: [post('/message:send')],
  }),
  streaming(
    sendMessageRequest,
    (request, call) => call.operations.sendStreamingMessage(checkPush(request, call), call),
    { name: 'SendStreamingMessage', routes: [post('/message:stream')] },
  ),
  unary(getTaskRequest, (request, call) => call.operations.getTask(request, call), {
    name: 'GetTask',
    routes: [get('/tasks/{id}')],
  }),
  unary(listTasksRequest, (request, call) => call.operations.listTasks(request, call), {
    name: 'ListTasks',
    routes: [get('/tasks')],
    queryBooleans: ['includeArtifacts'],
  }),
  unary(cancelTaskRequest, (request, call) => call.operations.cancelTask(request, call), {
    name: 'CancelTask',
    routes: [post('/tasks/{id}:cancel')],
  }),
  // The proto file says GET, the text of section 11.3.2 and the SDKs say POST.
  streaming(
    subscribeToTaskRequest,
    (request, call) => call.operations.subscribeToTask(request, call, call.lastEventId),
    { name: 'SubscribeToTask', routes: [get('/tasks/{id}:subscribe'), post('/tasks/{id}:subscribe')] },
  ),
  unary(
    createPushConfigRequest,
    (config, call) => call.operations.createTaskPushNotificationConfig(config, call),
    {
      name: 'CreateTaskPushNotificationConfig',
      routes: [post('/tasks/{taskId}/pushNotificationConfigs')],
      requires: offersPush,
    },
  ),
  unary(pushConfigRequest, (request, call) => call.operations.getTaskPushNotificationConfig(request, call), {
    name: 'GetTaskPushNotificationConfig',
    routes: [get('/tasks/{taskId}/pushNotificationConfigs/{id}')],
    requires: offersPush,
  }),
  unary(
    listPushConfigsRequest,
    (request, call) => call.operations.listTaskPushNotificationConfigs(request, call),
    {
      name: 'ListTaskPushNotificationConfigs',
      routes: [get('/tasks/{taskId}/pushNotificationConfigs')],
      requires: offersPush,
    },
  ),
  unary(pushConfigRequest, deletePushConfig, {
    name: 'DeleteTaskPushNotificationConfig',
    routes: [{ method: 'DELETE', template: '/tasks/{taskId}/pushNotificationConfigs/{id}' }],
    requires: offersPush,
  }),
  unary(getExtendedAgentCardRequest, (_request, call) => extendedCard(call), {
    name: 'GetExtendedAgentCard',
    routes: [get('/extendedAgentCard')],
    requires: (agent) => {
      if (agent.extendedCard === undefined) {
        throw new UnsupportedOperationError('The agent has no extended agent card');
      }
    },
    withoutExtensions: true,
  }),
];

/** How push notifications are delivered: no operation of A2A, which has no place for it; HTTP+JSON only. */
export const PUSH_STATUS: UnaryOperation = unary(
  pushConfigRequest,
  (request, call) => call.operations.getPushStatus(request, call),
  {
    name: 'GetPushStatus',
    routes: [get('/tasks/{taskId}/pushNotificationConfigs/{id}/delivery')],
    requires: offersPush,
  },
);

function unary<Schema extends z.ZodType>(
  schema: Schema,
  handle: (request: z.output<Schema>, call: OperationCall) => Promise<object>,
  described: Described,
): UnaryOperation {
  return {
    ...described,
    kind: 'unary',
    run: async (params, call) => handle(parseRequest(schema, params), call),
  };
}

function streaming<Schema extends z.ZodType>(
  schema: Schema,
  handle: (request: z.output<Schema>, call: OperationCall) => Promise<TaskStream>,
  described: Described,
): StreamingOperation {
  return {
    ...described,
    kind: 'streaming',
    open: async (params, call) => handle(parseRequest(schema, params), call),
    requires: ({ streaming }) => {
      if (!streaming) throw new UnsupportedOperationError('The agent does not offer streaming operations');
    },
  };
}

function get(template: string): RestRoute {
  return { method: 'GET', template };
}

function post(template: string): RestRoute {
  return { method: 'POST', template };
}

function offersPush({ pushNotifications }: AgentConfig): void {
  if (!pushNotifications) throw new PushNotificationNotSupportedError();
}

/** Answers with an empty object, which is what clients expect of a deletion. */
async function deletePushConfig(request: PushConfigRequest, call: OperationCall): Promise<object> {
  await call.operations.deleteTaskPushNotificationConfig(request, call);
  return {};
}

/**
 * A send that asks for push notifications uses a feature that the card does not declare, so it is an error too
 * (section 3.3.4): its client would wait for ever for notifications that never come.
 */
function checkPush(request: SendMessageRequest, { agent }: OperationCall): SendMessageRequest {
  if (request.configuration?.taskPushNotificationConfig !== undefined) offersPush(agent);
  return request;
}

/** For 1.0 signed; what other versions make of it is signed there. */
async function extendedCard({
  agent,
  agentUrl,
  grpcUrl,
  signCard,
  version = '1.0',
}: OperationCall): Promise<object> {
  if (agent.extendedCard === undefined) throw new ExtendedAgentCardNotConfiguredError();
  const card = extendedAgentCard(agent, agentUrl, { grpcUrl });
  return version === '1.0' ? signCard(securityInV1(card)) : card;
}
