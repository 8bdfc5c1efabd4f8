import { StreamResponse, Task } from '@a2a-js/sdk';
import type { Transport } from '@a2a-js/sdk/client';
import { GrpcClient } from '../../src/activities/remote/wire/grpc-client';
import type { RemoteEvent } from '../../src/activities/remote/wire/remote-client';
import { task } from './raw-agent';

/** What the SDK makes of what it does not know: no member of an event, and -1 for a number of an enum. */
const UNRECOGNIZED = -1;

const newer = Task.fromJSON(task());
if (newer.status !== undefined) newer.status.state = UNRECOGNIZED;

const transport = {
  async *sendMessageStream() {
    yield StreamResponse.fromJSON({ telemetryUpdate: {} });
    yield { payload: { $case: 'task', value: newer } } as StreamResponse;
    yield StreamResponse.fromJSON({
      artifactUpdate: { taskId: 't1', contextId: 'c1', artifact: { artifactId: 'said', parts: [] } },
    });
  },
  getTask: async () => newer,
} as unknown as Transport;

const client = new GrpcClient({
  at: { url: 'localhost:1', binding: 'GRPC', version: '1.0' },
  connection: { headers: async () => ({}) } as never,
  limits: { sendMs: 1_000, requestMs: 1_000, streamIdleMs: 1_000 },
  grpc: { transport: async () => transport } as never,
  tls: undefined,
  secure: false,
});

it('an agent on gRPC may be newer, too', async () => {
  const { signal } = new AbortController();
  const events: RemoteEvent[] = [];
  const request = { message: { messageId: 'm', role: 'ROLE_USER' as const, parts: [{ text: 'hi' }] } };
  for await (const event of client.stream(request, signal)) events.push(event);
  const atWork = { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } };
  expect(events).toMatchObject([
    { response: {} },
    { response: { task: atWork } },
    { response: { artifactUpdate: { artifact: { artifactId: 'said', parts: [] } } } },
  ]);
  expect(events.some(({ unreadable }) => unreadable !== undefined)).toBe(false);
  expect(await client.get('t1', { signal })).toMatchObject(atWork);
});
