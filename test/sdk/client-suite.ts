import { randomUUID } from 'node:crypto';
import {
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  type Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
} from '@a2a-js/sdk';
import { type Client, ClientFactory, ClientFactoryOptions } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import {
  ContentTypeNotSupportedError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import type { StreamResponse as JsonStreamResponse, Task as JsonTask } from '../../src/a2a/types';
import { eventually } from '../support/eventually';
import type { HarnessAgent } from '../support/harness';
import type { Step } from '../support/workflows';

/** The agents that a server has to offer to this suite. */
export const SUITE_AGENTS: HarnessAgent[] = [
  { id: 'script' },
  { id: 'echo', defaultInputModes: ['text/plain', 'application/json'] },
  { id: 'interview' },
  { id: 'ticker' },
  { id: 'replier', answers: 'message' },
  { id: 'mute', workflow: { type: 'echo' }, streaming: false },
];

/** What the official client can do with a server, over each binding. `cardUrl` is asked once the tests run. */
export function describeOfficialClient(
  cardUrl: (agentId: string) => string,
  bindings: readonly string[] = ['JSONRPC', 'HTTP+JSON'],
): void {
  describe.each(bindings)('over %s', (binding) => {
    const connect = (agentId: string): Promise<Client> =>
      new ClientFactory(
        ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
          preferredTransports: [binding],
          transports: [new GrpcTransportFactory()],
        }),
      ).createFromUrl(cardUrl(agentId), '');

    it('finds an agent by its card', async () => {
      const client = await connect('script');
      const card = await client.getAgentCard();
      expect(card.name).toBe('script');
      expect(card.supportedInterfaces.map(({ protocolBinding }) => protocolBinding)).toContain(binding);
    });

    it('sends and waits for the end', async () => {
      const client = await connect('echo');
      const parts = [{ text: 'hello' }, { data: { a: [1, null] } }, { raw: 'aGk=', filename: 'hi.txt' }];
      const task = await sendTask(client, send(parts));
      expect(task.status.state).toBe('TASK_STATE_COMPLETED');
      expect(task.artifacts?.[0]?.parts).toEqual(parts);
      expect(task.history?.[0]?.parts).toEqual(parts);
    });

    it('sends, does not wait, and gets the task later', async () => {
      const client = await connect('interview');
      const sent = await sendTask(client, send('hi', {}, { returnImmediately: true }));
      expect(sent.status.state).toBe('TASK_STATE_SUBMITTED');
      const asked = (await readAll(client, sent.id, 'TASK_STATE_INPUT_REQUIRED')).at(-1);
      expect(stateOf(asked)).toBe('TASK_STATE_INPUT_REQUIRED');
      const task = await getTask(client, sent.id);
      expect(task.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
      expect(task.history).toHaveLength(2);
      expect((await getTask(client, sent.id, 0)).history).toBeUndefined();
    });

    it('talks over several turns', async () => {
      const client = await connect('interview');
      const asked = await sendTask(client, send('twice, please'));
      expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
      const again = await sendTask(client, send('Ada', { taskId: asked.id }));
      expect(again.status.message?.parts[0]?.text).toContain('Hello, Ada');
      const done = await sendTask(client, send('green', { taskId: asked.id }));
      expect(done).toMatchObject({ id: asked.id, status: { state: 'TASK_STATE_COMPLETED' } });
      expect(done.artifacts?.[0]?.parts[0]?.text).toBe('Your name is Ada. Your favourite color is green.');
    });

    it('streams a task from its start to its end', async () => {
      const client = await connect('ticker');
      const events = await collect(client.sendMessageStream(send([{ data: { count: 3, intervalMs: 1 } }])));
      expect(events[0]?.task).toMatchObject({ status: { state: 'TASK_STATE_SUBMITTED' } });
      expect(stateOf(events.at(-1))).toBe('TASK_STATE_COMPLETED');
      const ticks = events.filter((event) => event.statusUpdate?.status.state === 'TASK_STATE_WORKING');
      expect(ticks.map((event) => event.statusUpdate?.status.message?.parts[0]?.text)).toEqual([
        'tick 1 of 3',
        'tick 2 of 3',
        'tick 3 of 3',
      ]);
      const chunks = events.flatMap((event) => event.artifactUpdate ?? []);
      expect(chunks.map(({ append }) => append ?? false)).toEqual([false, true, true]);
      expect(chunks.map(({ lastChunk }) => lastChunk ?? false)).toEqual([false, false, true]);
    });

    it('gets a Message from an agent that answers with one, and streams it', async () => {
      const client = await connect('replier');
      const answer = (await client.sendMessage(send('hi'))) as Message;
      expect(answer.parts[0]?.content).toEqual({ $case: 'text', value: 'You said: hi' });
      const events = await collect(client.sendMessageStream(send('ho')));
      expect(events).toHaveLength(1);
      expect(events[0]?.message?.parts).toEqual([{ text: 'You said: ho' }]);
    });

    it('subscribes to a task that runs', async () => {
      const client = await connect('interview');
      const asked = await sendTask(client, send('hi'));
      const stream = client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id: asked.id }));
      const first = await stream.next();
      expect(toJson(first.value as StreamResponse).task).toMatchObject({ id: asked.id });
      const rest = collect(stream);
      await sendTask(client, send('Ada', { taskId: asked.id }));
      expect(stateOf((await rest).at(-1))).toBe('TASK_STATE_COMPLETED');
    });

    it('cancels', async () => {
      const client = await connect('script');
      const sent = await sendTask(client, scripted([{ forever: true }], { returnImmediately: true }));
      const canceled = await client.cancelTask(CancelTaskRequest.fromJSON({ id: sent.id }));
      expect((Task.toJSON(canceled) as JsonTask).status.state).toBe('TASK_STATE_CANCELED');
    });

    it('lists the tasks of a context, newest first, by pages', async () => {
      const client = await connect('echo');
      const contextId = randomUUID();
      const first = await sendTask(client, send('one', { contextId }));
      const second = await sendTask(client, send('two', { contextId }));
      const list = async (pageSize: number, pageToken = '') =>
        client.listTasks(ListTasksRequest.fromJSON({ contextId, pageSize, pageToken }));
      await eventually(async () => (await list(10)).totalSize === 2);
      const page = await list(1);
      expect(page.tasks.map(({ id }) => id)).toEqual([second.id]);
      const next = await list(1, page.nextPageToken);
      expect(next.tasks.map(({ id }) => id)).toEqual([first.id]);
      expect(next.nextPageToken).toBe('');
    });

    it('gets errors as their classes', async () => {
      const client = await connect('echo');
      const done = await sendTask(client, send('hi'));
      const id = randomUUID();
      const get = (more: object) => client.getTask(GetTaskRequest.fromJSON(more));
      await expect(get({ id })).rejects.toThrow(TaskNotFoundError);
      await expect(client.cancelTask(CancelTaskRequest.fromJSON({ id }))).rejects.toThrow(TaskNotFoundError);
      await expect(client.sendMessage(send('hi', { taskId: id }))).rejects.toThrow(TaskNotFoundError);
      await expect(client.cancelTask(CancelTaskRequest.fromJSON({ id: done.id }))).rejects.toThrow(
        TaskNotCancelableError,
      );
      await expect(client.sendMessage(send('hi', { taskId: done.id }))).rejects.toThrow(
        UnsupportedOperationError,
      );
      const subscribe = collect(client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id: done.id })));
      await expect(subscribe).rejects.toThrow(UnsupportedOperationError);
      await expect(get({ id: done.id, historyLength: -1 })).rejects.toThrow(RequestMalformedError);
      await expect(client.sendMessage(send([]))).rejects.toThrow(/message\.parts: is required/);
      await expect(client.listTasks(ListTasksRequest.fromJSON({ pageSize: 101 }))).rejects.toThrow(
        /pageSize.* 1 (to|and) 100/,
      );
      await expect(client.sendMessage(send([{ raw: 'aGk=', mediaType: 'video/mp4' }]))).rejects.toThrow(
        ContentTypeNotSupportedError,
      );
      const push = { taskPushNotificationConfig: { url: 'https://example.com/' } };
      await expect(client.sendMessage(send('hi', {}, push))).rejects.toThrow(
        PushNotificationNotSupportedError,
      );
    });

    it('refuses another tenant', async () => {
      const client = await connect('echo');
      const request = { ...send('hi'), tenant: 'nobody' };
      await expect(client.sendMessage(request)).rejects.toThrow(/tenant|nobody/);
      const same = { ...send('hi'), tenant: 'echo' };
      expect((await sendTask(client, same)).status.state).toBe('TASK_STATE_COMPLETED');
    });

    it('is told that an agent does not stream', async () => {
      const client = await connect('mute');
      const stream = client.transport.sendMessageStream(send('hi'), {
        serviceParameters: { 'A2A-Version': '1.0' },
      });
      await expect(collect(stream)).rejects.toThrow(UnsupportedOperationError);
    });
  });
}

export function send(content: string | object[], message: object = {}, configuration: object = {}) {
  const parts = typeof content === 'string' ? [{ text: content }] : content;
  return SendMessageRequest.fromJSON({
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts, ...message },
    configuration,
  });
}

function scripted(steps: Step[], configuration: object = {}): SendMessageRequest {
  return send([{ data: { steps } }], {}, configuration);
}

/** The Task that answers a send, as A2A JSON. */
export async function sendTask(client: Client, request: SendMessageRequest): Promise<JsonTask> {
  const answer = await client.sendMessage(request);
  if ('messageId' in answer) throw new Error('answered with a Message');
  return Task.toJSON(answer) as JsonTask;
}

async function getTask(client: Client, id: string, historyLength?: number): Promise<JsonTask> {
  return Task.toJSON(await client.getTask(GetTaskRequest.fromJSON({ id, historyLength }))) as JsonTask;
}

/** The events of a subscription up to one with a state. */
async function readAll(client: Client, id: string, state: string): Promise<JsonStreamResponse[]> {
  const events: JsonStreamResponse[] = [];
  for await (const event of client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id }))) {
    events.push(toJson(event));
    if (stateOf(events.at(-1)) === state) break;
  }
  return events;
}

async function collect(stream: AsyncIterable<StreamResponse>): Promise<JsonStreamResponse[]> {
  const events: JsonStreamResponse[] = [];
  for await (const event of stream) events.push(toJson(event));
  return events;
}

function toJson(event: StreamResponse): JsonStreamResponse {
  return StreamResponse.toJSON(event) as JsonStreamResponse;
}

function stateOf(event: JsonStreamResponse | undefined): string | undefined {
  return (event?.task ?? event?.statusUpdate)?.status.state;
}
