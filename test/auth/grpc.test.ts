import { closeAll, type GrpcApi, startGrpc } from '../grpc/harness';
import { agentWith } from './support';

process.env.TEST_GRPC_ANNA = 'key-of-anna-0123456789';
const agents = [agentWith({ apiKeys: [{ owner: 'anna', values: ['env:TEST_GRPC_ANNA'] }] })];

afterEach(closeAll);

const clients = [
  ['1.0', ({ v1 }: GrpcApi) => v1, 'getTask', { id: 'a' }],
  ['0.3', ({ v03 }: GrpcApi) => v03, 'getTask', { name: 'tasks/a' }],
] as const;

it.each(clients)('keeps strangers out of the service of %s', async (_, clientOf, method, request) => {
  const api = await startGrpc({ agents });
  const client = clientOf(api);
  for (const metadata of [{}, { 'x-api-key': 'a-wrong-key-0123456789' }, { authorization: 'Bearer no' }]) {
    await expect(client.call(method, request, metadata)).rejects.toMatchObject({
      code: 16,
      metadata: expect.objectContaining({}) as unknown,
    });
  }
  expect(api.operations.calls).toEqual([]);
  for (const metadata of [
    { 'x-api-key': 'key-of-anna-0123456789' },
    { authorization: 'Bearer key-of-anna-0123456789' },
  ]) {
    await client.call(method, request, metadata).catch(() => undefined);
    expect(api.operations.calls.at(-1)?.call.owner).toBe('key:anna');
  }
});
