import type { z } from 'zod';
import { isObject } from '../../a2a/is-object';
import { isTerminal } from '../../a2a/task-update';
import type { Message, SendMessageResponse, Struct, Task, TaskPushNotificationConfig } from '../../a2a/types';
import { isProtoSend, protoSendRequest } from '../../a2a/v0-3/proto-schema';
import { messageSendParams } from '../../a2a/v0-3/schema';
import { pushConfigToProto, responseToProto, taskToProto } from '../../a2a/v0-3/to-proto';
import { eventToV03, type IsFinal, pushConfigToV03, taskToV03 } from '../../a2a/v0-3/to-v0-3';
import { limitHistory } from '../../bridge/history-length';
import type { StreamEvent } from '../../bridge/types';
import type { OperationCall } from '../operations';
import type { ToldEvent } from './stream';

/** One of the ways in which HTTP+JSON of 0.3 is written, on the same paths. */
export interface Dialect {
  /** What a task remembers it by. */
  name: string;
  sendRequest: z.ZodType;
  answer(response: SendMessageResponse, historyLength?: number): object;
  task(task: Task, historyLength?: number): object;
  event(event: StreamEvent, call: OperationCall, isFinal?: IsFinal): Promise<ToldEvent>;
  canceled(task: Task): object;
  /** The answer when a task has ended before it could be canceled; without it, that is an error. */
  notCancelable?: object;
  /** What subscribers to a task that has ended get; without it, that is an error. */
  ended?(task: Task): object;
  pushConfig(config: TaskPushNotificationConfig): object;
  pushConfigs(configs: TaskPushNotificationConfig[]): object;
}

/** The ProtoJSON of the official SDKs: `content`, `ROLE_USER`, `{"task": ...}`. */
const proto: Dialect = {
  name: '0.3-proto',
  sendRequest: protoSendRequest,
  answer: (response) => responseToProto(response),
  task: (task) => taskToProto(task),
  event: async ({ response }, _call, isFinal) => ({ data: responseToProto(response, isFinal) }),
  canceled: taskToProto,
  pushConfig: pushConfigToProto,
  pushConfigs: (configs) => ({ configs: configs.map(pushConfigToProto) }),
};

/**
 * The JSON of the specification's text, with `kind`, as Retool and those who write by hand have it. A send answers
 * at once; the answer of a task is found in the message of its status.
 */
const kinds: Dialect = {
  name: '0.3-kinds',
  sendRequest: messageSendParams({ blocking: false }),
  answer: (response, historyLength) =>
    eventToV03(response.task ? { task: withStatusMessage(response.task, historyLength) } : response),
  task: (task, historyLength) => taskToV03(withStatusMessage(task, historyLength)),
  event: tellByName,
  canceled: (task) => ({ success: true, message: 'task canceled', ...taskToV03(withStatusMessage(task)) }),
  notCancelable: { success: false, message: 'workflow execution already completed' },
  ended: (task) => eventToV03({ statusUpdate: statusUpdateOf(withStatusMessage(task)) }),
  pushConfig: pushConfigToV03,
  pushConfigs: (configs) => configs.map(pushConfigToV03),
};

/** The body of a POST tells which. */
export function dialectOfSend(body: unknown): Dialect {
  return isProtoSend(body) ? proto : kinds;
}

/** For what has no body, by what the task remembers; one that was made in another binding knows nothing. */
export function dialectNamed(name: string | undefined): Dialect {
  return name === kinds.name ? kinds : proto;
}

/** Each under its name, as `{"task": ...}`, and beside that bare, for clients that know it by its kind. */
async function tellByName(
  { response, task }: StreamEvent,
  call: OperationCall,
  isFinal?: IsFinal,
): Promise<ToldEvent> {
  if (response.task !== undefined) return named('task', taskToV03(withStatusMessage(response.task)));
  if (response.message !== undefined) return named('message', eventToV03(response));
  if (response.artifactUpdate !== undefined) return named('artifactUpdate', eventToV03(response));
  const { statusUpdate } = response;
  if (statusUpdate === undefined) throw new TypeError('a response without content');
  const { taskId: id, status } = statusUpdate;
  if (!isTerminal(status.state) || status.message !== undefined)
    return named('statusUpdate', eventToV03(response, isFinal));
  const whole = task ?? (await call.operations.getTask({ id }, call));
  const { status: told } = withStatusMessage({ ...whole, status });
  return named('statusUpdate', eventToV03({ statusUpdate: { ...statusUpdate, status: told } }));
}

function named(name: string, content: object): ToldEvent {
  return { name, data: { ...content, [name]: content } };
}

function statusUpdateOf({ id: taskId, contextId, status }: Task) {
  return { taskId, contextId, status };
}

/**
 * The Task with a message in its status, where pages of this dialect show one: "Task submitted" at the start, and at
 * the end the answer, which is in the history too. An agent that answers with artifacts has their parts in it.
 */
function withStatusMessage(task: Task, historyLength?: number): Task {
  const { status, artifacts = [] } = task;
  if (status.message !== undefined) return task;
  if (status.state === 'TASK_STATE_SUBMITTED') {
    return { ...task, status: { ...status, message: statusMessage(task, [{ text: 'Task submitted' }]) } };
  }
  const parts = artifacts.flatMap((artifact) => artifact.parts);
  if (!isTerminal(status.state) || parts.length === 0) return task;
  const message = statusMessage(task, parts);
  const history = [...(task.history ?? []), message];
  return limitHistory({ ...task, status: { ...status, message }, history }, historyLength);
}

function statusMessage({ id, contextId, status }: Task, parts: Message['parts']): Message {
  const messageId = `status-${id}-${Date.parse(status.timestamp ?? '') || 0}`;
  return { messageId, role: 'ROLE_AGENT', parts, taskId: id, contextId };
}

/** The config in the body of a POST: wrapped in `config` (Python), in `pushNotificationConfig` (JavaScript), or bare. */
export function readPushBody(body: Struct): { config: unknown; isProto: boolean } {
  const isProto = ['config', 'parent', 'name'].some((key) => key in body);
  const outer = isObject(body.config) ? body.config : body;
  const inner = outer.pushNotificationConfig ?? outer.push_notification_config ?? outer;
  const id = body.configId ?? body.config_id;
  const config = isObject(inner) && !inner.id && id ? { ...inner, id } : inner;
  return { config, isProto };
}

export function pushConfigAnswer(
  config: TaskPushNotificationConfig,
  dialect: Dialect,
  isProto: boolean,
): object {
  return isProto ? proto.pushConfig(config) : dialect.pushConfig(config);
}
