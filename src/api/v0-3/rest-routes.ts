import { A2AError } from '../../a2a/errors';
import { listPushConfigsRequest, parseRequest, pushConfigRequest } from '../../a2a/schema';
import { isTerminal } from '../../a2a/task-update';
import type {
  AgentCard,
  ListTaskPushNotificationConfigsResponse,
  ListTasksResponse,
  SendMessageRequest,
  SendMessageResponse,
  Struct,
  Task,
  TaskPushNotificationConfig,
} from '../../a2a/types';
import { listTasksParams, taskIdParams, taskPushConfig, taskQueryParams } from '../../a2a/v0-3/schema';
import { endsSend, taskListToV03 } from '../../a2a/v0-3/to-v0-3';
import type { TaskStream } from '../../bridge/types';
import { agentCard } from '../agent-card';
import type { Operation, OperationCall, StreamingOperation, UnaryOperation } from '../operations';
import { cardToV03 } from './card';
import { type Dialect, dialectNamed, dialectOfSend, pushConfigAnswer, readPushBody } from './dialects';
import { operation } from './methods';
import { mapStream } from './stream';

/** One path of HTTP+JSON below `/v1`. */
export interface RestRouteV03 {
  methods: readonly ('GET' | 'POST' | 'DELETE')[];
  /** As in the proto file, without `/v1`: `/tasks/{id}:cancel`. */
  template: string;
  operation: Operation;
  /** Its body is a send, which tells the dialect. */
  sends?: true;
}

const CONFIGS = '/tasks/{taskId}/pushNotificationConfigs';

export const REST_ROUTES_V03: readonly RestRouteV03[] = [
  { methods: ['POST'], template: '/message:send', operation: send(), sends: true },
  { methods: ['POST'], template: '/message:stream', operation: stream(), sends: true },
  { methods: ['GET'], template: '/tasks/{id}', operation: getTask() },
  { methods: ['GET'], template: '/tasks', operation: listTasks() },
  { methods: ['POST'], template: '/tasks/{id}:cancel', operation: cancel() },
  // The proto file says GET, the text and Retool POST.
  { methods: ['GET', 'POST'], template: '/tasks/{id}:subscribe', operation: subscribe() },
  { methods: ['POST'], template: CONFIGS, operation: createPushConfig() },
  { methods: ['GET'], template: CONFIGS, operation: listPushConfigs() },
  { methods: ['GET'], template: `${CONFIGS}/{configId}`, operation: getPushConfig() },
  { methods: ['DELETE'], template: `${CONFIGS}/{configId}`, operation: deletePushConfig() },
  { methods: ['GET'], template: '/card', operation: getCard() },
];

function send(): UnaryOperation {
  const base = operation('SendMessage', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const dialect = dialectOfSend(params);
      const request = parseRequest(dialect.sendRequest, withoutProtoName(params)) as SendMessageRequest;
      const { historyLength } = request.configuration ?? {};
      return dialect.answer((await base.run(request, call)) as SendMessageResponse, historyLength);
    },
  };
}

function stream(): StreamingOperation {
  const base = operation('SendStreamingMessage', 'streaming');
  return {
    ...base,
    open: async (params, call) => {
      const dialect = dialectOfSend(params);
      const request = parseRequest(dialect.sendRequest, withoutProtoName(params));
      return mapStream(await base.open(request, call), (event) => dialect.event(event, call, endsSend));
    },
  };
}

/** In the proto file the message of a send is called `request`. */
function withoutProtoName(params: unknown): unknown {
  const { request, ...rest } = params as Struct;
  return request === undefined || 'message' in rest ? params : { ...rest, message: request };
}

function getTask(): UnaryOperation {
  const base = operation('GetTask', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const request = parseRequest(taskQueryParams, params);
      const dialect = await dialectOfTask(request.id, call);
      return dialect.task((await base.run(request, call)) as Task, request.historyLength);
    },
  };
}

function listTasks(): UnaryOperation {
  const base = operation('ListTasks', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const request = parseRequest(listTasksParams, params);
      return taskListToV03((await base.run(request, call)) as ListTasksResponse);
    },
  };
}

function cancel(): UnaryOperation {
  const base = operation('CancelTask', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const request = parseRequest(taskIdParams, params);
      const dialect = await dialectOfTask(request.id, call);
      try {
        return dialect.canceled((await base.run(request, call)) as Task);
      } catch (error) {
        if (dialect.notCancelable === undefined || reasonOf(error) !== 'TASK_NOT_CANCELABLE') throw error;
        return dialect.notCancelable;
      }
    },
  };
}

function subscribe(): StreamingOperation {
  const base = operation('SubscribeToTask', 'streaming');
  return {
    ...base,
    open: async (params, call) => {
      const { id } = parseRequest(taskIdParams, params);
      const dialect = await dialectOfTask(id, call);
      const { ended } = dialect;
      try {
        return mapStream(await base.open({ id }, call), (event) => dialect.event(event, call));
      } catch (error) {
        if (ended === undefined || reasonOf(error) !== 'UNSUPPORTED_OPERATION') throw error;
        const task = await call.operations.getTask({ id }, call);
        if (!isTerminal(task.status.state)) throw error;
        return streamOf(task, ended(task));
      }
    },
  };
}

/** One event, which no stream can be resumed after. */
function streamOf(task: Task, data: object): TaskStream {
  let told = false;
  const single: TaskStream = {
    next: async () => {
      if (told) return { done: true, value: undefined };
      told = true;
      return { done: false, value: { id: '', response: { task }, json: JSON.stringify(data) } };
    },
    return: async () => {
      told = true;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => single,
  };
  return single;
}

function createPushConfig(): UnaryOperation {
  const base = operation('CreateTaskPushNotificationConfig', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const { taskId, ...body } = params as Struct & { taskId: string };
      const { config, isProto } = readPushBody(body);
      const request = parseRequest(taskPushConfig, { taskId, pushNotificationConfig: config });
      const dialect = await dialectOfTask(taskId, call);
      return pushConfigAnswer(
        (await base.run(request, call)) as TaskPushNotificationConfig,
        dialect,
        isProto,
      );
    },
  };
}

function listPushConfigs(): UnaryOperation {
  const base = operation('ListTaskPushNotificationConfigs', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const { taskId } = parseRequest(listPushConfigsRequest, params);
      const dialect = await dialectOfTask(taskId, call);
      const { configs } = (await base.run({ taskId }, call)) as ListTaskPushNotificationConfigsResponse;
      return dialect.pushConfigs(configs);
    },
  };
}

function getPushConfig(): UnaryOperation {
  const base = operation('GetTaskPushNotificationConfig', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const request = configRequest(params);
      const dialect = await dialectOfTask(request.taskId, call);
      return dialect.pushConfig((await base.run(request, call)) as TaskPushNotificationConfig);
    },
  };
}

function deletePushConfig(): UnaryOperation {
  const base = operation('DeleteTaskPushNotificationConfig', 'unary');
  return {
    ...base,
    run: async (params, call) => {
      await base.run(configRequest(params), call);
      return {};
    },
  };
}

function configRequest(params: unknown): { taskId: string; id: string } {
  const { taskId, configId } = params as { taskId: string; configId: string };
  return parseRequest(pushConfigRequest, { taskId, id: configId });
}

/** The extended card of an agent that has one, else the one that everybody may read. */
function getCard(): UnaryOperation {
  const { requires: _, ...base } = operation('GetExtendedAgentCard', 'unary');
  return {
    ...base,
    run: async (_params, call) => {
      const { agent, agentUrl, grpcUrl } = call;
      const open = agentCard(agent, agentUrl, { grpcUrl });
      const card = agent.extendedCard ? ((await base.run({}, call)) as AgentCard) : open;
      // The JavaScript SDK reads the schemes as ProtoJSON, that of Python as on any card of 0.3.
      const { securitySchemes } = card;
      return call.signCard({
        ...cardToV03(card),
        ...(securitySchemes !== undefined && { securitySchemes }),
      });
    },
  };
}

async function dialectOfTask(taskId: string, call: OperationCall): Promise<Dialect> {
  return dialectNamed(await call.operations.dialectOf(taskId, call));
}

function reasonOf(error: unknown): string | undefined {
  return error instanceof A2AError ? error.reason : undefined;
}
