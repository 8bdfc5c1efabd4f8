import { once } from 'node:events';
import {
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import { ServerCallContext } from '@a2a-js/sdk/server';
import {
  ExtensionSupportRequiredError,
  InvalidParamsError,
  PushNotificationNotSupportedError,
} from '../../src/a2a/errors';
import type { StreamResponse as JsonStreamResponse, Task as JsonTask } from '../../src/a2a/types';
import { agentCard } from '../../src/api/agent-card';
import { BridgeRequestHandler, type BridgeRequestHandlerOptions } from '../../src/bridge/request-handler';
import type { CallContext, StreamEvent, TaskOperations, TaskStream } from '../../src/bridge/types';
import { makeAgent } from '../api/harness';

const task: JsonTask = {
  id: 'task-1',
  contextId: 'context-1',
  status: {
    state: 'TASK_STATE_WORKING',
    message: { messageId: 'm2', role: 'ROLE_AGENT', parts: [{ data: null }] },
    timestamp: '2026-01-02T03:04:05.678Z',
  },
  artifacts: [{ artifactId: 'a', parts: [{ text: 'x' }, { data: null, filename: 'nothing.json' }] }],
  history: [{ messageId: 'm1', role: 'ROLE_USER', parts: [{ data: null }, { raw: 'AAEC' }] }],
  metadata: { half: 0.5 },
};

const responses: JsonStreamResponse[] = [
  { task },
  { statusUpdate: { taskId: task.id, contextId: task.contextId, status: task.status } },
  {
    artifactUpdate: {
      taskId: task.id,
      contextId: task.contextId,
      artifact: { artifactId: 'a', parts: [{ data: null }] },
      append: true,
      lastChunk: true,
    },
  },
  { message: { messageId: 'm3', role: 'ROLE_AGENT', parts: [{ data: null }] } },
];

/** Operations that answer with what stands above; streams end after it, or never when they `hang`. */
function makeHandler({
  hang = false,
  ...more
}: { hang?: boolean } & Partial<BridgeRequestHandlerOptions> = {}) {
  const calls: CallContext[] = [];
  const state = { open: 0 };
  const open = async (_request: unknown, call: CallContext): Promise<TaskStream> => {
    calls.push(call);
    state.open += 1;
    return makeStream(call.signal, hang, () => {
      state.open -= 1;
    });
  };
  const operations: TaskOperations = {
    sendMessage: async (_request, call) => {
      calls.push(call);
      return { task };
    },
    sendStreamingMessage: open,
    subscribeToTask: open,
    getTask: async () => task,
    cancelTask: async () => task,
    listTasks: async () => ({ tasks: [task], nextPageToken: '', pageSize: 50, totalSize: 1 }),
    createTaskPushNotificationConfig: async (config) => config,
    getTaskPushNotificationConfig: async ({ taskId, id }) => ({ taskId, id, url: 'https://example.com' }),
    listTaskPushNotificationConfigs: async () => ({ configs: [], nextPageToken: '' }),
    deleteTaskPushNotificationConfig: async () => {},
    getPushStatus: async ({ taskId, id }) => ({ taskId, id, state: 'pending', delivered: 0 }),
    supportsPush: true,
    dialectOf: async () => undefined,
  };
  const agent = makeAgent({
    id: 'echo',
    ...(more.agent && { extensions: more.agent.extensions, pushNotifications: more.agent.pushNotifications }),
  });
  const card = agentCard(agent, 'http://agents.test/echo');
  return { handler: new BridgeRequestHandler({ operations, card, ...more, agent }), calls, state };
}

function makeStream(signal: AbortSignal | undefined, hang: boolean, onEnd: () => void): TaskStream {
  const left = [...responses];
  let ended = false;
  const end = async (): Promise<IteratorResult<StreamEvent>> => {
    if (!ended) onEnd();
    ended = true;
    return { done: true, value: undefined };
  };
  const stream: TaskStream = {
    next: async () => {
      const response = left.shift();
      if (response !== undefined) return { done: false, value: { id: '1', response, json: '' } };
      if (hang && signal !== undefined && !signal.aborted) await once(signal, 'abort');
      return end();
    },
    return: end,
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hi' }] };
const anonymous = new ServerCallContext({ requestedVersion: '1.0' });
const subscribe = SubscribeToTaskRequest.fromJSON({ id: task.id });

it('keeps null data in everything that it converts', async () => {
  const { handler } = makeHandler();
  const sent = await handler.sendMessage(SendMessageRequest.fromJSON({ message }), anonymous);
  expect(Task.toJSON(sent as Task)).toEqual(task);
  const events: unknown[] = [];
  for await (const event of handler.resubscribe(subscribe, anonymous))
    events.push(StreamResponse.toJSON(event));
  expect(events).toEqual(responses);
});

it('refuses what the codecs have coerced', async () => {
  const { handler } = makeHandler();
  const refused = async (wrong: object, field: string) => {
    const params = SendMessageRequest.fromJSON({ message: { ...message, ...wrong } });
    const error = await handler.sendMessage(params, anonymous).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidParamsError);
    expect((error as InvalidParamsError).violations.map((violation) => violation.field)).toEqual([field]);
  };
  await refused({ parts: 'hello' }, 'message.parts');
  await refused({ parts: [{}] }, 'message.parts[0]');
  await refused({ role: 'ROLE_WIZARD' }, 'message.role');
  await refused({ messageId: '' }, 'message.messageId');
  await expect(handler.listTasks({ ...listing, pageSize: Number.NaN }, anonymous)).rejects.toThrow(
    InvalidParamsError,
  );
});

const listing = {
  tenant: '',
  contextId: '',
  status: 0,
  pageSize: undefined,
  pageToken: '',
  historyLength: undefined,
  statusTimestampAfter: undefined,
  includeArtifacts: undefined,
};

it('gives the tasks to the user of the context, and to nobody in particular without one', async () => {
  const { handler, calls } = makeHandler();
  const request = SendMessageRequest.fromJSON({ message });
  const user = (isAuthenticated: boolean, userName: string) =>
    new ServerCallContext({ user: { isAuthenticated, userName } });
  await handler.sendMessage(request, user(true, 'anna'));
  await handler.sendMessage(request, user(false, 'bert'));
  await handler.sendMessage(request, anonymous);
  // What a search attribute cannot hold unchanged could be mistaken for somebody else.
  await handler.sendMessage(request, user(true, 'x'.repeat(300)));
  const hashed = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
  expect(calls.map(({ owner }) => owner)).toEqual(['anna', 'anonymous', 'anonymous', hashed]);
});

it('takes a tenant only when it is the agent, wherever it is told', async () => {
  const { handler } = makeHandler();
  const ask = (tenant: string, context = anonymous) =>
    handler.getTask({ id: task.id, tenant, historyLength: undefined }, context);
  await expect(ask('other')).rejects.toThrow('tenant: must be empty or "echo" here, got "other"');
  await expect(ask('', new ServerCallContext({ tenant: 'other' }))).rejects.toThrow('tenant');
  await expect(ask('echo', new ServerCallContext({ tenant: 'echo' }))).resolves.toBeDefined();
});

it('lets go of the task when its reader leaves, also while nothing happens', async () => {
  const { handler, state } = makeHandler({ hang: true });
  const stream = handler.resubscribe(subscribe, anonymous);
  for (const _ of responses) await stream.next();
  const waiting = stream.next();
  expect(state.open).toBe(1);
  await stream.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(state.open).toBe(0);
});

it('lets go of the task when it is told that the caller has gone', async () => {
  const gone = new AbortController();
  const { handler, state } = makeHandler({ hang: true, signal: () => gone.signal });
  const stream = handler.sendMessageStream(SendMessageRequest.fromJSON({ message }), anonymous);
  for (const _ of responses) await stream.next();
  const waiting = stream.next();
  gone.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(state.open).toBe(0);
});

it('asks for the extensions that the agent requires, and activates those it knows', async () => {
  const uri = 'https://extensions.test/tone';
  const { handler } = makeHandler({ agent: makeAgent({ extensions: [{ uri, required: true }] }) });
  const request = SendMessageRequest.fromJSON({ message });
  await expect(handler.sendMessage(request, anonymous)).rejects.toThrow(ExtensionSupportRequiredError);
  const context = new ServerCallContext({ requestedExtensions: [uri, 'https://extensions.test/other'] });
  await handler.sendMessage(request, context);
  expect(context.activatedExtensions).toEqual([uri]);
});

const config = TaskPushNotificationConfig.fromJSON({ taskId: 't', id: 'c', url: 'https://example.com' });
const ofConfig = { tenant: '', taskId: 't', id: 'c' };
const ofTask = { tenant: '', taskId: 't', pageSize: 0, pageToken: '' };

it('hands push notification configs on', async () => {
  const { handler } = makeHandler();
  expect(await handler.createTaskPushNotificationConfig(config, anonymous)).toEqual(config);
  expect(await handler.getTaskPushNotificationConfig(ofConfig, anonymous)).toEqual(config);
  expect(await handler.listTaskPushNotificationConfigs(ofTask, anonymous)).toEqual({
    configs: [],
    nextPageToken: '',
  });
  await handler.deleteTaskPushNotificationConfig(ofConfig, anonymous);
  const wrong = handler.createTaskPushNotificationConfig({ ...config, url: '' }, anonymous);
  await expect(wrong).rejects.toThrow(/url/);
});

it('an agent that opted out has no push notifications', async () => {
  const { handler } = makeHandler({ agent: makeAgent({ pushNotifications: false }) });
  for (const refused of [
    handler.createTaskPushNotificationConfig(config, anonymous),
    handler.getTaskPushNotificationConfig(ofConfig, anonymous),
    handler.listTaskPushNotificationConfigs(ofTask, anonymous),
    handler.deleteTaskPushNotificationConfig(ofConfig, anonymous),
    handler.sendMessage(
      SendMessageRequest.fromJSON({ message, configuration: { taskPushNotificationConfig: config } }),
      anonymous,
    ),
  ]) {
    await expect(refused).rejects.toThrow(PushNotificationNotSupportedError);
  }
});
