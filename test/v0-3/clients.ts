import { randomUUID } from 'node:crypto';
import {
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import {
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import type * as v03 from 'a2a-sdk-v0-3';
import * as v03client from 'a2a-sdk-v0-3/client';
import type * as json from '../../src/a2a/types';
import { eventToV03, pushConfigToV03 } from '../../src/a2a/v0-3/to-v0-3';
import type { EventV03, TaskPushConfigV03, TaskV03 } from '../../src/a2a/v0-3/types';

/** What a test sends: a text or parts of 0.3. */
export interface Sent {
  parts: string | v03.Part[];
  taskId?: string;
  blocking?: boolean;
  pushUrl?: string;
}

/** An official client that speaks 0.3, whatever its own types are: all it gets is told in those of 0.3. */
export interface OldClient {
  card(): Promise<{ name: string; skills?: { id: string }[]; securitySchemes?: object }>;
  send(sent: Sent): Promise<EventV03>;
  stream(sent: Sent): AsyncIterable<EventV03>;
  get(id: string, historyLength?: number): Promise<TaskV03>;
  cancel(id: string): Promise<TaskV03>;
  resubscribe(id: string): AsyncIterable<EventV03>;
  setPush(config: TaskPushConfigV03): Promise<TaskPushConfigV03>;
  getPush(taskId: string, id: string): Promise<TaskPushConfigV03>;
  listPush(taskId: string): Promise<TaskPushConfigV03[]>;
  deletePush(taskId: string, id: string): Promise<void>;
}

export type Connect = (cardUrl: string, binding: string) => Promise<OldClient>;

export const CLIENTS: [name: string, connect: Connect][] = [
  ['@a2a-js/sdk 0.3', connectV03],
  ['@a2a-js/sdk 1.x with legacyCompat', connectCompat],
];

function paramsOf({ parts, taskId, blocking, pushUrl }: Sent): v03.MessageSendParams {
  return {
    message: {
      kind: 'message',
      messageId: randomUUID(),
      role: 'user',
      parts: typeof parts === 'string' ? [{ kind: 'text', text: parts }] : parts,
      ...(taskId !== undefined && { taskId }),
    },
    configuration: {
      ...(blocking !== undefined && { blocking }),
      ...(pushUrl !== undefined && { pushNotificationConfig: { id: 'p', url: pushUrl } }),
    },
  };
}

async function connectV03(cardUrl: string, binding: string): Promise<OldClient> {
  const client = await new v03client.ClientFactory({
    ...v03client.ClientFactoryOptions.default,
    preferredTransports: [binding],
  }).createFromUrl(cardUrl, '');
  const ids = (taskId: string, id: string) => ({ id: taskId, pushNotificationConfigId: id });
  return {
    card: () => client.getAgentCard(),
    send: async (sent) => (await client.sendMessage(paramsOf(sent))) as EventV03,
    stream: (sent) => client.sendMessageStream(paramsOf(sent)) as AsyncIterable<EventV03>,
    get: async (id, historyLength) =>
      (await client.getTask({ id, ...(historyLength !== undefined && { historyLength }) })) as TaskV03,
    cancel: async (id) => (await client.cancelTask({ id })) as TaskV03,
    resubscribe: (id) => client.resubscribeTask({ id }) as AsyncIterable<EventV03>,
    setPush: async (config) => (await client.setTaskPushNotificationConfig(config)) as TaskPushConfigV03,
    getPush: async (taskId, id) =>
      (await client.getTaskPushNotificationConfig(ids(taskId, id))) as TaskPushConfigV03,
    listPush: async (id) => (await client.listTaskPushNotificationConfig({ id })) as TaskPushConfigV03[],
    deletePush: (taskId, id) => client.deleteTaskPushNotificationConfig(ids(taskId, id)),
  };
}

/** The client itself would ask for 1.0, and then speak that. */
const fetchOldCard: typeof fetch = (url) => fetch(url, { headers: { 'A2A-Version': '0.3' } });

/** The client of 1.x, which finds an agent of 0.3 because the card is asked for in that version. */
async function connectCompat(cardUrl: string, binding: string): Promise<OldClient> {
  const legacyCompat = { enabled: true };
  const client = await new ClientFactory({
    transports: [new JsonRpcTransportFactory({ legacyCompat }), new RestTransportFactory({ legacyCompat })],
    cardResolver: new DefaultAgentCardResolver({ legacyCompat, fetchImpl: fetchOldCard }),
    preferredTransports: [binding],
  }).createFromUrl(cardUrl, '');
  const told = (event: StreamResponse) => eventToV03(StreamResponse.toJSON(event) as json.StreamResponse);
  const task = (value: Task) => eventToV03({ task: Task.toJSON(value) as json.Task }) as TaskV03;
  const push = (value: TaskPushNotificationConfig) =>
    pushConfigToV03(TaskPushNotificationConfig.toJSON(value) as json.TaskPushNotificationConfig);
  async function* tellAll(events: AsyncIterable<StreamResponse>) {
    for await (const event of events) yield told(event);
  }
  return {
    card: () => client.getAgentCard(),
    send: async (sent) => {
      const answer = await client.sendMessage(toRequest(sent));
      if (!('messageId' in answer)) return task(answer);
      return eventToV03({ message: Message.toJSON(answer) as json.Message });
    },
    stream: (sent) => tellAll(client.sendMessageStream(toRequest(sent))),
    get: async (id, historyLength) =>
      task(await client.getTask(GetTaskRequest.fromJSON({ id, historyLength }))),
    cancel: async (id) => task(await client.cancelTask(CancelTaskRequest.fromJSON({ id }))),
    resubscribe: (id) => tellAll(client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id }))),
    setPush: async ({ taskId, pushNotificationConfig: { id, url, token } }) =>
      push(
        await client.createTaskPushNotificationConfig(
          TaskPushNotificationConfig.fromJSON({ taskId, id, url, token }),
        ),
      ),
    getPush: async (taskId, id) =>
      push(
        await client.getTaskPushNotificationConfig(
          GetTaskPushNotificationConfigRequest.fromJSON({ taskId, id }),
        ),
      ),
    listPush: async (taskId) => {
      const request = ListTaskPushNotificationConfigsRequest.fromJSON({ taskId });
      return (await client.listTaskPushNotificationConfig(request)).configs.map(push);
    },
    deletePush: (taskId, id) =>
      client.deleteTaskPushNotificationConfig(
        DeleteTaskPushNotificationConfigRequest.fromJSON({ taskId, id }),
      ),
  };
}

function toRequest(sent: Sent): SendMessageRequest {
  const { message, configuration } = paramsOf(sent);
  const push = configuration?.pushNotificationConfig;
  return SendMessageRequest.fromJSON({
    message: {
      messageId: message.messageId,
      taskId: message.taskId,
      role: 'ROLE_USER',
      parts: message.parts.map((part) => {
        if (part.kind === 'text') return { text: part.text };
        if (part.kind === 'data') return { data: part.data };
        const { name, mimeType } = part.file;
        const content = 'bytes' in part.file ? { raw: part.file.bytes } : { url: part.file.uri };
        return { ...content, filename: name, mediaType: mimeType };
      }),
    },
    configuration: {
      returnImmediately: configuration?.blocking === false,
      ...(push && { taskPushNotificationConfig: { id: push.id, url: push.url } }),
    },
  });
}
