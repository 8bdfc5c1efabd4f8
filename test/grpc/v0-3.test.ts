import { AgentCard, GetTaskRequest, SubscribeToTaskRequest, Task } from '@a2a-js/sdk';
import { type Client, ClientFactory, ClientFactoryOptions } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { Server } from '@grpc/grpc-js';
import { type Bridge, ConfigError, createBridge } from '../../src';
import { send, sendTask } from '../sdk/client-suite';
import { type Harness, startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';
import { closeAll, rawClient } from './harness';

let harness: Harness;
let bridge: Bridge;
let address = '';

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'interview' }, { id: 'ticker' }] });
  bridge = await createBridge({ client: harness.temporal.client, agents: harness.agents });
  cleanUpAfterAll(() => bridge.close());
  ({ address } = await bridge.listenGrpc({ port: 0 }));
});

afterEach(closeAll);

/** The official client, with nothing but 0.3 over gRPC to choose from. */
function connect(): Promise<Client> {
  const card = AgentCard.fromJSON({
    name: 'interview',
    supportedInterfaces: [{ url: address, protocolBinding: 'GRPC', protocolVersion: '0.3' }],
    capabilities: { streaming: true },
  });
  const transports = [new GrpcTransportFactory({ legacyCompat: { enabled: true } })];
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, { transports });
  return new ClientFactory(options).createFromAgentCard(card);
}

it('talks over several turns with the official client in 0.3, and streams', async () => {
  const client = await connect();
  const asked = await sendTask(client, send('hi'));
  expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
  const stream = client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id: asked.id }));
  expect((await stream.next()).value?.payload?.$case).toBe('task');
  await sendTask(client, send('Ada', { taskId: asked.id }));
  const states: (string | undefined)[] = [];
  for await (const { payload } of stream) states.push(payload?.$case);
  expect(states.at(-1)).toBe('statusUpdate');
  const task = Task.toJSON(await client.getTask(GetTaskRequest.fromJSON({ id: asked.id })));
  expect(task).toMatchObject({ id: asked.id, status: { state: 'TASK_STATE_COMPLETED' } });
});

it('shows a task of 0.3 to a client of 1.0', async () => {
  const asked = await sendTask(await connect(), send('hi'));
  const task = await rawClient(address).call('getTask', { id: asked.id });
  expect(Task.toJSON(task)).toMatchObject({ id: asked.id, status: { state: 'TASK_STATE_INPUT_REQUIRED' } });
});

it('gives the card of an agent that has no extended one', async () => {
  const card = await rawClient(address, '0.3').call('getAgentCard', {}, { 'a2a-tenant': 'interview' });
  expect(card).toMatchObject({ name: 'interview', supportsAuthenticatedExtendedCard: false });
});

it('listens on loopback alone unless something authenticates, and joins a server that is there', async () => {
  await expect(bridge.listenGrpc({ host: '0.0.0.0', port: 0 })).rejects.toThrow(ConfigError);
  const server = new Server();
  expect(bridge.addToGrpcServer(server)).toHaveProperty('close');
  // A second time the services are there already.
  expect(() => bridge.addToGrpcServer(server)).toThrow(/already/);
});
