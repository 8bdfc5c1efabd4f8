import type { z } from 'zod';
import { isTaskNotFound } from '../../a2a/error-reason';
import { A2AError } from '../../a2a/errors';
import { parseRequest } from '../../a2a/schema';
import { isTerminal } from '../../a2a/task-update';
import type { SendMessageResponse, Task, TaskPushNotificationConfig } from '../../a2a/types';
import { taskIdParams, taskPushConfigParams, taskQueryParams, taskSendParams } from '../../a2a/v0-2/schema';
import { pushConfigToV02, taskToV02 } from '../../a2a/v0-2/to-v0-2';
import { EventsV02 } from '../../a2a/v0-2/to-v0-2-events';
import type { TaskStream } from '../../bridge/types';
import type { Operation, OperationCall, StreamingOperation, UnaryOperation } from '../operations';
import { operation } from '../v0-3/methods';
import { requireTask, toSend } from './client-task';
import { endedStream, StreamV02 } from './stream';

/** Tasks that clients of 0.2 make say so, so that all that is told of them later is told in 0.2. */
const DIALECT_V02 = '0.2';

/** The methods of A2A before `message/send`, on the operations of 1.0. */
export const METHODS_V02: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    'tasks/send',
    unary('SendMessage', taskSendParams, async (params, call, run) => {
      const { request, call: sendCall, taskId } = await toSend(params, call);
      const { task } = (await run(request, sendCall)) as SendMessageResponse;
      // An agent that answers with a Message has a task all the same, and 0.2 knows nothing else.
      const answer = task ?? (await call.operations.getTask({ id: taskId }, call));
      return taskToV02(answer, params.id, params.historyLength);
    }),
  ],
  [
    'tasks/sendSubscribe',
    streaming('SendStreamingMessage', taskSendParams, async (params, call, open) => {
      const { request, call: sendCall, task } = await toSend(params, call);
      const agent = { ...call.agent, answers: 'task' as const };
      const stream = await open(request, { ...sendCall, agent });
      return new StreamV02(stream, new EventsV02(params.id, task));
    }),
  ],
  [
    'tasks/get',
    unary('GetTask', taskQueryParams, async ({ id, historyLength }, call) =>
      taskToV02(await requireTask(id, call), id, historyLength),
    ),
  ],
  [
    'tasks/cancel',
    unary('CancelTask', taskIdParams, async ({ id }, call, run) => {
      const task = await requireTask(id, call);
      return taskToV02((await run({ id: task.id }, call)) as Task, id);
    }),
  ],
  [
    'tasks/resubscribe',
    streaming('SubscribeToTask', taskQueryParams, async ({ id }, call, open) => {
      const task = await requireTask(id, call);
      // 0.2 has no error for it, and who asks wants to know how it ended.
      if (isTerminal(task.status.state) && call.lastEventId === undefined) return endedStream(task, id);
      return new StreamV02(await open({ id: task.id }, call), new EventsV02(id, task));
    }),
  ],
  [
    'tasks/pushNotification/set',
    unary('CreateTaskPushNotificationConfig', taskPushConfigParams, async (params, call, run) => {
      const { id, pushNotificationConfig } = params;
      const task = await requireTask(id, call);
      // A task of 0.2 has one config, and its ID tells how the client calls the task.
      const config = await run({ ...pushNotificationConfig, id, taskId: task.id }, call);
      return pushConfigToV02(config as TaskPushNotificationConfig, id);
    }),
  ],
  [
    'tasks/pushNotification/get',
    unary('GetTaskPushNotificationConfig', taskIdParams, async ({ id }, call, run) => {
      const config = await run({ taskId: (await requireTask(id, call)).id, id }, call);
      return pushConfigToV02(config as TaskPushNotificationConfig, id);
    }),
  ],
]);

/**
 * `tasks/get`, `tasks/cancel` and `tasks/resubscribe` are methods of 0.3 too: whose they are, the task tells. One that
 * 0.3 does not find may be one that a client of 0.2 has named.
 */
export function orV02(newer: Operation, name: string): Operation {
  const older = METHODS_V02.get(name);
  if (older?.kind === 'unary' && newer.kind === 'unary') {
    return {
      ...newer,
      run: (params, call) => firstToFind(newer.run, older.run, params, call),
    };
  }
  if (older?.kind === 'streaming' && newer.kind === 'streaming') {
    return {
      ...newer,
      open: (params, call) => firstToFind<TaskStream>(newer.open, older.open, params, call),
    };
  }
  return newer;
}

async function firstToFind<T>(
  newer: (params: unknown, call: OperationCall) => Promise<T>,
  older: (params: unknown, call: OperationCall) => Promise<T>,
  params: unknown,
  call: OperationCall,
): Promise<T> {
  try {
    return await newer(params, call);
  } catch (error) {
    if (!isTaskNotFound(error) || !call.agent.versions.includes('0.2')) throw error;
    return await older(params, { ...call, version: '0.2' });
  }
}

function unary<Schema extends z.ZodType<{ id: string }>>(
  name: string,
  schema: Schema,
  run: (params: z.output<Schema>, call: OperationCall, inV1: UnaryOperation['run']) => Promise<object>,
): UnaryOperation {
  const base = operation(name, 'unary');
  return {
    ...base,
    run: async (params, call) => {
      const parsed = parseRequest(schema, params);
      return await run(parsed, inV02(call), base.run).catch(failAsCalled(parsed.id));
    },
  };
}

function streaming<Schema extends z.ZodType<{ id: string }>>(
  name: string,
  schema: Schema,
  open: (
    params: z.output<Schema>,
    call: OperationCall,
    inV1: StreamingOperation['open'],
  ) => Promise<TaskStream>,
): StreamingOperation {
  const base = operation(name, 'streaming');
  return {
    ...base,
    open: async (params, call) => {
      const parsed = parseRequest(schema, params);
      return await open(parsed, inV02(call), base.open).catch(failAsCalled(parsed.id));
    },
  };
}

/** Errors call a task by its own ID, which is nothing to a client that has chosen another. */
function failAsCalled(clientTaskId: string): (error: unknown) => never {
  return (error) => {
    const taskId = error instanceof A2AError ? error.metadata?.taskId : undefined;
    if (taskId === undefined) throw error;
    const { message, metadata } = error as A2AError;
    throw Object.assign(error as A2AError, {
      message: message.replaceAll(taskId, clientTaskId),
      metadata: { ...metadata, taskId: clientTaskId },
    });
  };
}

function inV02(call: OperationCall): OperationCall {
  return { ...call, version: '0.2', dialect: DIALECT_V02 };
}
