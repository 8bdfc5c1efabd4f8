import { randomUUID } from 'node:crypto';
import type { ServiceError } from '@grpc/grpc-js';
import type { RawClient } from '../grpc/harness';

/** What a call came to. */
export type Outcome = 'ok' | 'unauthenticated' | 'denied' | 'not found' | `other: ${string}`;

export type Headers = Record<string, string>;

/** What the calls of one binding are about. */
export interface Target {
  /** Of the API, without a slash at the end. */
  url: string;
  agentId: string;
  grpc: Record<'1.0' | '0.3', RawClient>;
}

/** Sends what makes a task, under the ID by which clients of 0.2 call it. */
export type MatrixCall = (target: Target, headers: Headers, taskId: string) => Promise<Answer>;

interface Answer {
  outcome: Outcome;
  /** What was answered, as text. */
  text: string;
}

/** One binding in one version: all of its operations. A push notification config has the ID that `configOf` gives. */
export interface MatrixBinding {
  name: string;
  /** Makes the task whose ID is in its answer; the first of the operations. */
  operations: Readonly<Record<string, MatrixCall>>;
  /** Whether clients choose the ID of a task. */
  clientIds?: true;
}

const HOOK = 'https://hooks.example.com/x';
const CONFIG = 'c1';

/** The ID of the task in an answer; in 0.2 it is the one that was asked for. */
export function taskIdIn(text: string): string {
  const found = /"(?:task_?id|id)":"([0-9a-f-]{36})"/i.exec(text)?.[1];
  if (found === undefined) throw new Error(`no task in ${text}`);
  return found;
}

const STATUSES: Readonly<Record<number, Outcome>> = {
  401: 'unauthenticated',
  403: 'denied',
  404: 'not found',
};
const CODES: Readonly<Record<number, Outcome>> = { 16: 'unauthenticated', 7: 'denied', 5: 'not found' };

/** Reads an answer, of a stream its first event. */
async function http(url: string, method: string, headers: Headers, body?: object): Promise<Answer> {
  const stop = new AbortController();
  const response = await fetch(url, {
    method,
    headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
    signal: stop.signal,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? await firstEvent(response) : await response.text();
  if (isStream) stop.abort();
  const error = /"error":\{/.test(text);
  const known = STATUSES[response.status] ?? (/"code":-32001\b/.test(text) ? 'not found' : undefined);
  if (response.status === 200 && !error) return { outcome: 'ok', text };
  return { outcome: known ?? `other: ${response.status} ${text}`, text };
}

async function firstEvent(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    if (/^data: .*\n\n/ms.test(text)) break;
  }
  return text;
}

/** A JSON-RPC call, of an agent's URL. */
const rpc =
  (version: string, method: string, params: (taskId: string) => object, path = ''): MatrixCall =>
  ({ url, agentId }, headers, taskId) =>
    http(
      `${url}/a2a/${agentId}${path}`,
      'POST',
      { ...(version && { 'A2A-Version': version }), ...headers },
      { jsonrpc: '2.0', id: 1, method, params: params(taskId) },
    );

const rest =
  (
    version: string,
    method: string,
    path: (taskId: string) => string,
    body?: (taskId: string) => object,
  ): MatrixCall =>
  ({ url, agentId }, headers, taskId) =>
    http(
      `${url}/a2a/${agentId}${path(taskId)}`,
      method,
      { 'A2A-Version': version, ...headers },
      body?.(taskId),
    );

const grpc =
  (
    version: '1.0' | '0.3',
    method: string,
    request: (taskId: string) => object,
    kind: 'call' | 'stream' = 'call',
  ): MatrixCall =>
  async (target, headers, taskId) => {
    const { agentId } = target;
    const metadata = lowerCase({ ...headers, ...(version === '0.3' && { 'a2a-tenant': agentId }) });
    const sent = { ...request(taskId), ...(version === '1.0' && { tenant: agentId }) };
    const client = target.grpc[version];
    try {
      const answer =
        kind === 'call'
          ? await client.call(method, sent, metadata)
          : await first(client, method, sent, metadata);
      return { outcome: 'ok', text: JSON.stringify(answer) };
    } catch (error) {
      const { code, message } = error as ServiceError;
      return { outcome: CODES[code] ?? `other: ${message}`, text: message };
    }
  };

function first(client: RawClient, method: string, request: object, metadata: Headers): Promise<unknown> {
  const stream = client.stream(method, request, metadata);
  return new Promise((resolve, reject) => {
    stream.once('data', (event) => {
      resolve(event);
      stream.on('error', () => {});
      stream.cancel();
    });
    stream.once('error', reject);
    stream.once('end', () => reject(new Error('the stream has ended without an event')));
  });
}

function lowerCase(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const message = (more: object = {}) => ({
  ...{ messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hi' }] },
  ...more,
});
const message03 = (more: object = {}) => ({
  ...{ kind: 'message', messageId: randomUUID(), role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
  ...more,
});
const message02 = () => ({ role: 'user', parts: [{ type: 'text', text: 'hi' }] });
const messageGrpc = (more: object = {}) => ({
  ...{ messageId: randomUUID(), contextId: '', taskId: '', role: 1, extensions: [], referenceTaskIds: [] },
  ...more,
});
const part = { content: { $case: 'text', value: 'hi' }, filename: '', mediaType: '', metadata: undefined };
const part03 = { part: { $case: 'text', value: 'hi' } };
const config03 = { id: CONFIG, url: HOOK };
const configs = (taskId: string) => `/tasks/${taskId}/pushNotificationConfigs`;
const inGrpc03 = (taskId: string) => `tasks/${taskId}/pushNotificationConfigs/${CONFIG}`;

export const MATRIX_BINDINGS: readonly MatrixBinding[] = [
  {
    name: 'JSON-RPC 1.0',
    operations: {
      send: rpc('1.0', 'SendMessage', () => ({ message: message() })),
      stream: rpc('1.0', 'SendStreamingMessage', () => ({ message: message() })),
      get: rpc('1.0', 'GetTask', (id) => ({ id })),
      list: rpc('1.0', 'ListTasks', () => ({})),
      subscribe: rpc('1.0', 'SubscribeToTask', (id) => ({ id })),
      setPush: rpc('1.0', 'CreateTaskPushNotificationConfig', (taskId) => ({ taskId, ...config03 })),
      getPush: rpc('1.0', 'GetTaskPushNotificationConfig', (taskId) => ({ taskId, id: CONFIG })),
      listPush: rpc('1.0', 'ListTaskPushNotificationConfigs', (taskId) => ({ taskId })),
      deletePush: rpc('1.0', 'DeleteTaskPushNotificationConfig', (taskId) => ({ taskId, id: CONFIG })),
      card: rpc('1.0', 'GetExtendedAgentCard', () => ({})),
      continue: rpc('1.0', 'SendMessage', (taskId) => ({ message: message({ taskId }) })),
      continueStream: rpc('1.0', 'SendStreamingMessage', (taskId) => ({ message: message({ taskId }) })),
      cancel: rpc('1.0', 'CancelTask', (id) => ({ id })),
    },
  },
  {
    name: 'JSON-RPC 0.3',
    operations: {
      send: rpc('0.3', 'message/send', () => ({ message: message03() })),
      stream: rpc('0.3', 'message/stream', () => ({ message: message03() })),
      get: rpc('0.3', 'tasks/get', (id) => ({ id })),
      subscribe: rpc('0.3', 'tasks/resubscribe', (id) => ({ id })),
      setPush: rpc('0.3', 'tasks/pushNotificationConfig/set', (taskId) => ({
        ...{ taskId, pushNotificationConfig: config03 },
      })),
      getPush: rpc('0.3', 'tasks/pushNotificationConfig/get', (id) => ({
        ...{ id, pushNotificationConfigId: CONFIG },
      })),
      listPush: rpc('0.3', 'tasks/pushNotificationConfig/list', (id) => ({ id })),
      deletePush: rpc('0.3', 'tasks/pushNotificationConfig/delete', (id) => ({
        ...{ id, pushNotificationConfigId: CONFIG },
      })),
      card: rpc('0.3', 'agent/getAuthenticatedExtendedCard', () => ({})),
      continue: rpc('0.3', 'message/send', (taskId) => ({ message: message03({ taskId }) })),
      cancel: rpc('0.3', 'tasks/cancel', (id) => ({ id })),
    },
  },
  {
    name: 'JSON-RPC 0.2',
    clientIds: true,
    operations: {
      send: rpc('', 'tasks/send', (id) => ({ id, message: message02() })),
      stream: rpc('', 'tasks/sendSubscribe', () => ({ id: randomUUID(), message: message02() })),
      get: rpc('0.2', 'tasks/get', (id) => ({ id })),
      subscribe: rpc('0.2', 'tasks/resubscribe', (id) => ({ id })),
      setPush: rpc('', 'tasks/pushNotification/set', (id) => ({
        ...{ id, pushNotificationConfig: { url: HOOK } },
      })),
      getPush: rpc('', 'tasks/pushNotification/get', (id) => ({ id })),
      cancel: rpc('0.2', 'tasks/cancel', (id) => ({ id })),
    },
  },
  {
    name: 'JSON-RPC of agent-native',
    operations: {
      send: rpc('', 'message/send', () => ({ message: message02() }), '/_agent-native/a2a'),
      stream: rpc('', 'message/stream', () => ({ message: message02() }), '/_agent-native/a2a'),
      get: rpc('', 'tasks/get', (id) => ({ id }), '/_agent-native/a2a'),
      cancel: rpc('', 'tasks/cancel', (id) => ({ id }), '/_agent-native/a2a'),
    },
  },
  {
    name: 'HTTP+JSON 1.0',
    operations: {
      send: rest(
        '1.0',
        'POST',
        () => '/message:send',
        () => ({ message: message() }),
      ),
      stream: rest(
        '1.0',
        'POST',
        () => '/message:stream',
        () => ({ message: message() }),
      ),
      get: rest('1.0', 'GET', (id) => `/tasks/${id}`),
      list: rest('1.0', 'GET', () => '/tasks'),
      subscribe: rest('1.0', 'GET', (id) => `/tasks/${id}:subscribe`),
      subscribeByPost: rest(
        '1.0',
        'POST',
        (id) => `/tasks/${id}:subscribe`,
        () => ({}),
      ),
      setPush: rest('1.0', 'POST', configs, () => config03),
      getPush: rest('1.0', 'GET', (id) => `${configs(id)}/${CONFIG}`),
      pushStatus: rest('1.0', 'GET', (id) => `${configs(id)}/${CONFIG}/delivery`),
      listPush: rest('1.0', 'GET', configs),
      deletePush: rest('1.0', 'DELETE', (id) => `${configs(id)}/${CONFIG}`),
      card: rest('1.0', 'GET', () => '/extendedAgentCard'),
      cancel: rest(
        '1.0',
        'POST',
        (id) => `/tasks/${id}:cancel`,
        () => ({}),
      ),
    },
  },
  {
    name: 'HTTP+JSON 0.3',
    operations: {
      send: rest(
        '0.3',
        'POST',
        () => '/v1/message:send',
        () => ({ message: message03() }),
      ),
      sendByName: rest(
        '0.3',
        'POST',
        () => '/sendMessage',
        () => ({ message: message03() }),
      ),
      stream: rest(
        '0.3',
        'POST',
        () => '/v1/message:stream',
        () => ({ message: message03() }),
      ),
      get: rest('0.3', 'GET', (id) => `/v1/tasks/${id}`),
      list: rest('0.3', 'GET', () => '/v1/tasks'),
      subscribe: rest(
        '0.3',
        'POST',
        (id) => `/v1/tasks/${id}:subscribe`,
        () => ({}),
      ),
      setPush: rest(
        '0.3',
        'POST',
        (id) => `/v1${configs(id)}`,
        () => config03,
      ),
      getPush: rest('0.3', 'GET', (id) => `/v1${configs(id)}/${CONFIG}`),
      listPush: rest('0.3', 'GET', (id) => `/v1${configs(id)}`),
      deletePush: rest('0.3', 'DELETE', (id) => `/v1${configs(id)}/${CONFIG}`),
      card: rest('0.3', 'GET', () => '/v1/card'),
      cancel: rest(
        '0.3',
        'POST',
        (id) => `/v1/tasks/${id}:cancel`,
        () => ({}),
      ),
    },
  },
  {
    name: 'gRPC 1.0',
    operations: {
      send: grpc('1.0', 'sendMessage', () => ({ message: messageGrpc({ parts: [part] }) })),
      stream: grpc(
        '1.0',
        'sendStreamingMessage',
        () => ({ message: messageGrpc({ parts: [part] }) }),
        'stream',
      ),
      get: grpc('1.0', 'getTask', (id) => ({ id })),
      list: grpc('1.0', 'listTasks', () => ({})),
      subscribe: grpc('1.0', 'subscribeToTask', (id) => ({ id }), 'stream'),
      setPush: grpc('1.0', 'createTaskPushNotificationConfig', (taskId) => ({ taskId, ...config03 })),
      getPush: grpc('1.0', 'getTaskPushNotificationConfig', (taskId) => ({ taskId, id: CONFIG })),
      listPush: grpc('1.0', 'listTaskPushNotificationConfigs', (taskId) => ({ taskId })),
      deletePush: grpc('1.0', 'deleteTaskPushNotificationConfig', (taskId) => ({ taskId, id: CONFIG })),
      card: grpc('1.0', 'getExtendedAgentCard', () => ({})),
      cancel: grpc('1.0', 'cancelTask', (id) => ({ id })),
    },
  },
  {
    name: 'gRPC 0.3',
    operations: {
      send: grpc('0.3', 'sendMessage', () => sendGrpc03()),
      stream: grpc('0.3', 'sendStreamingMessage', () => sendGrpc03(), 'stream'),
      get: grpc('0.3', 'getTask', (id) => ({ name: `tasks/${id}` })),
      subscribe: grpc('0.3', 'taskSubscription', (id) => ({ name: `tasks/${id}` }), 'stream'),
      setPush: grpc('0.3', 'createTaskPushNotificationConfig', (id) => ({
        ...{ parent: `tasks/${id}`, configId: CONFIG },
        config: {
          name: inGrpc03(id),
          pushNotificationConfig: { ...config03, token: '', authentication: undefined },
        },
      })),
      getPush: grpc('0.3', 'getTaskPushNotificationConfig', (id) => ({ name: inGrpc03(id) })),
      listPush: grpc('0.3', 'listTaskPushNotificationConfig', (id) => ({ parent: `tasks/${id}` })),
      deletePush: grpc('0.3', 'deleteTaskPushNotificationConfig', (id) => ({ name: inGrpc03(id) })),
      card: grpc('0.3', 'getAgentCard', () => ({})),
      cancel: grpc('0.3', 'cancelTask', (id) => ({ name: `tasks/${id}` })),
    },
  },
];

function sendGrpc03(): object {
  return {
    request: messageGrpc({ content: [part03] }),
    configuration: { acceptedOutputModes: [], historyLength: 0, blocking: true },
  };
}
