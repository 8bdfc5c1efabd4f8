import type { z } from 'zod';
import { ExtendedAgentCardNotConfiguredError, TaskNotFoundError } from '../../a2a/errors';
import { parseRequest } from '../../a2a/schema';
import type {
  AgentCard,
  ListTaskPushNotificationConfigsResponse,
  ListTasksResponse,
  StreamResponse,
  Task,
  TaskPushNotificationConfig,
} from '../../a2a/types';
import {
  deletePushConfigParams,
  getPushConfigParams,
  listPushConfigParams,
  listTasksParams,
  messageSendParams,
  taskIdParams,
  taskPushConfig,
  taskQueryParams,
} from '../../a2a/v0-3/schema';
import {
  endsSend,
  eventToV03,
  type IsFinal,
  pushConfigToV03,
  taskListToV03,
  taskToV03,
} from '../../a2a/v0-3/to-v0-3';
import { isWithoutKinds, withWordsOfV03 } from '../../a2a/v0-3/without-kinds';
import {
  OPERATIONS,
  type Operation,
  type OperationCall,
  type StreamingOperation,
  type UnaryOperation,
} from '../operations';
import { cardToV03 } from './card';
import { mapStream } from './stream';

/*
 * The methods of A2A 0.3 on the operations of 1.0: parameters are checked in the words of 0.3 and become a request of
 * 1.0, and what comes of it is told in 0.3. The SDK's handlers for 0.3 would do that too, but they take what they are
 * given unchecked, and their streams have no event IDs, so no client could resume one.
 */

/** A send that does not say waits for its end, as the servers of the official 0.3 SDKs do. */
const sendParams = messageSendParams({ blocking: true });

/** By their names in JSON-RPC (specification 0.3.0, section 3.5.6). */
export const METHODS_V03: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    'message/send',
    unary('SendMessage', sendParams, (result, params) => tell(result as StreamResponse, params)),
  ],
  ['message/stream', streaming('SendStreamingMessage', sendParams, endsSend)],
  ['tasks/get', unary('GetTask', taskQueryParams, (result) => taskToV03(result as Task))],
  // 0.3.0 has no such method in JSON-RPC; its clients call the one of 1.0 so (a2akit, fasta2a).
  ['tasks/list', unary('ListTasks', listTasksParams, (result) => taskListToV03(result as ListTasksResponse))],
  ['tasks/cancel', unary('CancelTask', taskIdParams, (result) => taskToV03(result as Task))],
  ['tasks/resubscribe', streaming('SubscribeToTask', taskIdParams)],
  [
    'tasks/pushNotificationConfig/set',
    unary('CreateTaskPushNotificationConfig', taskPushConfig, (result) =>
      pushConfigToV03(result as TaskPushNotificationConfig),
    ),
  ],
  [
    'tasks/pushNotificationConfig/get',
    {
      ...operation('GetTaskPushNotificationConfig', 'unary'),
      run: async (params, call) => pushConfigToV03(await getPushConfig(params, call)),
    },
  ],
  [
    'tasks/pushNotificationConfig/list',
    unary('ListTaskPushNotificationConfigs', listPushConfigParams, (result) =>
      (result as ListTaskPushNotificationConfigsResponse).configs.map(pushConfigToV03),
    ),
  ],
  [
    'tasks/pushNotificationConfig/delete',
    unary('DeleteTaskPushNotificationConfig', deletePushConfigParams, () => null),
  ],
  [
    'agent/getAuthenticatedExtendedCard',
    {
      ...operation('GetExtendedAgentCard', 'unary'),
      requires: (agent) => {
        if (agent.extendedCard === undefined) throw new ExtendedAgentCardNotConfiguredError();
      },
      run: async (_params, call) =>
        call.signCard(
          cardToV03((await operation('GetExtendedAgentCard', 'unary').run({}, call)) as AgentCard),
        ),
    },
  ],
]);

/** An operation of the table. */
export function operation(name: string, kind: 'unary'): UnaryOperation;
export function operation(name: string, kind: 'streaming'): StreamingOperation;
export function operation(name: string, kind: Operation['kind']): Operation {
  const found = OPERATIONS.find((known) => known.name === name && known.kind === kind);
  if (found === undefined) throw new RangeError(`there is no ${kind} operation ${name}`);
  return found;
}

function unary(
  name: string,
  schema: z.ZodType,
  toResult: (result: object | null, params: unknown) => object | null,
): UnaryOperation {
  const base = operation(name, 'unary');
  return {
    ...base,
    run: async (params, call) => toResult(await base.run(parseRequest(schema, params), call), params),
  };
}

function streaming(name: string, schema: z.ZodType, isFinal?: IsFinal): StreamingOperation {
  const base = operation(name, 'streaming');
  return {
    ...base,
    open: async (params, call) =>
      mapStream(await base.open(parseRequest(schema, params), call), ({ response }) => ({
        data: tell(response, params, isFinal),
      })),
  };
}

/** A client that sends no kinds may read none: it finds the answer under its name too. */
function tell(response: StreamResponse, params: unknown, isFinal?: IsFinal): object {
  const told = eventToV03(response, isFinal);
  return isWithoutKinds(params) ? { ...told, ...withWordsOfV03(response) } : told;
}

/** Without an ID: the config that has the task's own, as one has that was made without; else the first. */
async function getPushConfig(params: unknown, call: OperationCall): Promise<TaskPushNotificationConfig> {
  const { id: taskId, pushNotificationConfigId: id } = parseRequest(getPushConfigParams, params);
  if (id !== undefined) {
    const get = operation('GetTaskPushNotificationConfig', 'unary');
    return (await get.run({ taskId, id }, call)) as TaskPushNotificationConfig;
  }
  const list = operation('ListTaskPushNotificationConfigs', 'unary');
  const { configs } = (await list.run({ taskId }, call)) as ListTaskPushNotificationConfigsResponse;
  const config = configs.find((known) => known.id === taskId) ?? configs[0];
  if (config === undefined) {
    throw new TaskNotFoundError(`Task ${taskId} has no push notification config`);
  }
  return config;
}
