import { randomUUID } from 'node:crypto';
import type * as v03 from 'a2a-sdk-v0-3';
import { ClientFactory } from 'a2a-sdk-v0-3/client';
import { GrpcTransportFactory } from 'a2a-sdk-v0-3/client/grpc';
import { type Receiver, startReceiver } from '../push/receiver';
import { eventually } from '../support/eventually';
import { startHarness } from '../support/harness';

type Event = v03.Task | v03.Message | v03.TaskStatusUpdateEvent | v03.TaskArtifactUpdateEvent;

/** 0.3 has no tenant field: metadata names the agent, and a client without any reaches the default one. */
const at = (agentId: string) => ({ serviceParameters: { 'a2a-tenant': agentId } });
const TICKER = at('ticker');
const INTERVIEW = at('interview');

let client: Awaited<ReturnType<ClientFactory['createFromUrl']>>;
let receiver: Receiver;

beforeAll(async () => {
  const agents = [{ id: 'echo', default: true }, { id: 'ticker' }, { id: 'interview' }];
  const { url } = await startHarness({ agents, push: true, app: true, grpc: true });
  const options = { transports: [new GrpcTransportFactory()], preferredTransports: ['GRPC'] };
  client = await new ClientFactory(options).createFromUrl(url);
  receiver = await startReceiver();
}, 60_000);

afterAll(() => receiver.stop());

describe('@a2a-js/sdk 0.3 over GRPC', () => {
  it('finds the default agent by its card, and sends', async () => {
    expect((await client.getAgentCard()).name).toBe('echo');
    const task = asTask(await client.sendMessage(send('Grüße')));
    expect(task.status.state).toBe('completed');
    expect(task.artifacts?.[0]?.parts).toMatchObject([{ kind: 'text', text: 'Grüße' }]);
  });

  it('streams a task from its start to its end', async () => {
    const events = await collect(client.sendMessageStream(send('3 every 1ms'), TICKER));
    expect(events[0]).toMatchObject({ kind: 'task' });
    expect(events.at(-1)).toMatchObject({ kind: 'status-update', status: { state: 'completed' } });
    const chunks = events.filter(({ kind }) => kind === 'artifact-update');
    expect(chunks).toHaveLength(3);
  });

  it('streams to the question of the agent, whose event is the final one', async () => {
    const events = await collect(client.sendMessageStream(send('Let us begin'), INTERVIEW));
    const asks = { kind: 'status-update', status: { state: 'input-required' }, final: true };
    expect(events.at(-1)).toMatchObject(asks);
  });

  it('does not wait, resubscribes, gets and cancels', async () => {
    const { id } = asTask(await client.sendMessage(send('900 every 100ms', { blocking: false }), TICKER));
    for await (const event of client.resubscribeTask({ id }, TICKER)) {
      if (event.kind === 'artifact-update') break;
    }
    expect((await client.getTask({ id }, TICKER)).status.state).toBe('working');
    expect((await client.cancelTask({ id }, TICKER)).status.state).toBe('canceled');
    await expect(client.cancelTask({ id }, TICKER)).rejects.toThrow(/cancel/i);
    await expect(client.getTask({ id: randomUUID() }, TICKER)).rejects.toThrow(/not found/i);
  });

  it('talks over several turns', async () => {
    const asked = asTask(await client.sendMessage(send('Let us begin'), INTERVIEW));
    expect(asked.status.state).toBe('input-required');
    const told = asTask(await client.sendMessage(send('Ada', {}, asked.id), INTERVIEW));
    expect(told).toMatchObject({ id: asked.id, status: { state: 'completed' } });
  });

  it('sets, gets, lists and deletes push notification configs, and is told', async () => {
    const { id: taskId } = asTask(await client.sendMessage(send('Let us begin'), INTERVIEW));
    const config = {
      taskId,
      pushNotificationConfig: { id: 'mine', url: receiver.url, token: 'token' },
    };
    const ids = { id: taskId, pushNotificationConfigId: 'mine' };
    expect(await client.setTaskPushNotificationConfig(config, INTERVIEW)).toMatchObject(config);
    expect(await client.getTaskPushNotificationConfig(ids, INTERVIEW)).toMatchObject(config);
    const list = () => client.listTaskPushNotificationConfig({ id: taskId }, INTERVIEW);
    expect(await list()).toMatchObject([config]);
    await client.sendMessage(send('Ada', {}, taskId), INTERVIEW);
    await eventually(() => receiver.taken.some(({ body }) => /"completed"/.test(body)));
    await client.deleteTaskPushNotificationConfig(ids, INTERVIEW);
    expect(await list()).toEqual([]);
  });
});

function send(
  text: string,
  configuration: v03.MessageSendConfiguration = {},
  taskId?: string,
): v03.MessageSendParams {
  return {
    message: {
      kind: 'message',
      messageId: randomUUID(),
      role: 'user',
      parts: [{ kind: 'text', text }],
      ...(taskId !== undefined && { taskId }),
    },
    configuration: { blocking: true, ...configuration },
  };
}

function asTask(event: v03.Task | v03.Message): v03.Task {
  if (event.kind !== 'task') throw new Error(`answered with ${event.kind}`);
  return event;
}

async function collect(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}
