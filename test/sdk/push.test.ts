import {
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  ListTaskPushNotificationConfigsRequest,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import { type Client, ClientFactory, ClientFactoryOptions } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { type Receiver, startReceiver } from '../push/receiver';
import { eventually } from '../support/eventually';
import { startHarness } from '../support/harness';
import { send, sendTask } from './client-suite';

let url = '';
let receiver: Receiver;

beforeAll(async () => {
  const agents = [{ id: 'interview' }, { id: 'ticker' }];
  ({ url } = await startHarness({ agents, push: true, app: true, grpc: true }));
}, 60_000);

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(() => receiver.stop());

describe.each(['JSONRPC', 'HTTP+JSON', 'GRPC'])('The official client over %s', (binding) => {
  const connect = (agentId: string): Promise<Client> =>
    new ClientFactory(
      ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
        preferredTransports: [binding],
        transports: [new GrpcTransportFactory()],
      }),
    ).createFromUrl(`${url}/a2a/${agentId}/.well-known/agent-card.json`, '');

  it('creates, gets, lists and deletes push notification configs, and is told', async () => {
    const client = await connect('interview');
    const { id: taskId } = await sendTask(client, send('Let us begin'));
    const config = { taskId, id: 'mine', url: receiver.url, token: 'token' };
    const request = TaskPushNotificationConfig.fromJSON(config);
    expect(await client.createTaskPushNotificationConfig(request)).toMatchObject(config);
    const ids = { taskId, id: 'mine' };
    const get = GetTaskPushNotificationConfigRequest.fromJSON(ids);
    expect(await client.getTaskPushNotificationConfig(get)).toMatchObject(config);
    const list = ListTaskPushNotificationConfigsRequest.fromJSON({ taskId });
    expect((await client.listTaskPushNotificationConfig(list)).configs).toMatchObject([config]);

    await sendTask(client, send('Ada', { taskId }));
    await eventually(() => states(receiver).at(-1) === 'TASK_STATE_COMPLETED');
    expect(receiver.taken.map(({ headers }) => headers['x-a2a-notification-token'])).toContain('token');

    await client.deleteTaskPushNotificationConfig(DeleteTaskPushNotificationConfigRequest.fromJSON(ids));
    expect((await client.listTaskPushNotificationConfig(list)).configs).toEqual([]);
  });

  it('is told by push notifications that it asks for in a send', async () => {
    const client = await connect('ticker');
    const taskPushNotificationConfig = { url: receiver.url };
    const { id } = await sendTask(client, send('3 every 10ms', {}, { taskPushNotificationConfig }));
    await eventually(() => states(receiver).at(-1) === 'TASK_STATE_COMPLETED');
    expect(receiver.taken.every(({ body }) => body.includes(id))).toBe(true);
  });
});

function states(of: Receiver): (string | undefined)[] {
  return of.taken.map(({ json }) => (json.task ?? json.statusUpdate)?.status.state);
}
