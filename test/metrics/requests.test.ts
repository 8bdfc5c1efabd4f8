import { once } from 'node:events';
import { SendMessageRequest } from '@a2a-js/sdk';
import { TaskNotFoundError } from '../../src/a2a/errors';
import type { StreamResponse } from '../../src/a2a/types';
import { createMetrics, type Metrics } from '../../src/metrics/metrics';
import { FakeStream } from '../api/fake-operations';
import * as http from '../api/harness';
import * as rpc from '../grpc/harness';
import { eventually } from '../support/eventually';
import { type Sample, samplesIn } from './samples';

let metrics: Metrics;

beforeEach(async () => {
  metrics = await createMetrics();
});

afterEach(async () => {
  await Promise.all([http.closeAll(), rpc.closeAll()]);
});

/** Of the requests that were counted: their labels and how many there were. */
async function requests(): Promise<Sample[]> {
  const samples = samplesIn(await metrics.text());
  return samples.filter(({ name }) => name === 'a2a_request_duration_seconds_count');
}

const WORKING: StreamResponse = {
  task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } },
};
const ASK = JSON.stringify({ message: { messageId: '1', role: 'ROLE_USER', parts: [{ text: 'x' }] } });
const json = { method: 'POST', headers: http.JSON_V1 };

describe('requests', () => {
  it.each(http.BINDINGS)(
    'over $name are counted by operation, version, agent and outcome',
    async (binding) => {
      const { url } = await http.startApi({ metrics });
      const name = binding.name === 'JSON-RPC' ? 'JSONRPC' : 'HTTP+JSON';
      await binding.call(url, 'ListTasks', {});
      await binding.call(url, 'ListTasks', {});
      await binding.call(url, 'CreateTaskPushNotificationConfig', { taskId: 'x', url: 7 });
      const common = { binding: name, version: '1.0', agent: 'echo' };
      expect(await requests()).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ labels: { ...common, operation: 'ListTasks', outcome: 'OK' }, value: 2 }),
          expect.objectContaining({
            labels: {
              ...common,
              operation: 'CreateTaskPushNotificationConfig',
              outcome: expect.not.stringMatching(/^OK$/),
            },
            value: 1,
          }),
        ]),
      );
    },
  );

  it('over gRPC are counted as over HTTP', async () => {
    const { v1, v03 } = await rpc.startGrpc({ metrics });
    await v1.call('listTasks');
    await rpc.failure(v1.call('getTask', { tenant: 'nobody' }));
    await rpc.failure(v03.call('getTask', { name: 'nothing' }));
    expect((await requests()).map(({ labels, value }) => ({ ...labels, value }))).toEqual(
      expect.arrayContaining([
        {
          operation: 'ListTasks',
          binding: 'GRPC',
          version: '1.0',
          agent: 'echo',
          outcome: 'OK',
          value: 1,
        },
        expect.objectContaining({ operation: 'GetTask', agent: '', outcome: 'INVALID_PARAMS' }),
        expect.objectContaining({ operation: 'GetTask', version: '0.3' }),
      ]),
    );
  });

  it('for what is not there, and of unknown methods, are one operation', async () => {
    const { url } = await http.startApi({ metrics });
    for (let i = 0; i < 5; i++) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: `Made${i}Up`, params: {} });
      await fetch(url, { ...json, body });
      await fetch(`${url}/a2a/made-up-${i}/tasks`, { headers: http.V1 });
      await fetch(`${url}/nothing/is/at/${i}`);
    }
    const counted = await requests();
    expect(new Set(counted.map(({ labels }) => labels.operation))).toEqual(new Set(['other', 'ListTasks']));
    expect(new Set(counted.map(({ labels }) => labels.agent))).toEqual(new Set(['']));
  });

  it('of health are not counted', async () => {
    const { url } = await http.startApi({ metrics });
    await fetch(`${url}/healthz`);
    expect(await requests()).toEqual([]);
  });
});

describe('streams', () => {
  const value = async (name: string, labels: Record<string, string>) =>
    samplesIn(await metrics.text()).find(
      (each) =>
        each.name === name && Object.entries(labels).every(([key, text]) => each.labels[key] === text),
    )?.value;

  it('over HTTP are told while they are open, and their events counted', async () => {
    const { url, operations } = await http.startApi({ metrics });
    const stream = new FakeStream().push(WORKING);
    operations.nextStream = stream;
    const response = await fetch(`${url}/message:stream`, { ...json, body: ASK });
    await eventually(async () => (await value('a2a_open_streams', { binding: 'HTTP' })) === 1);
    stream.end();
    await response.text();
    await eventually(async () => (await value('a2a_open_streams', { binding: 'HTTP' })) === 0);
    expect(await value('a2a_stream_events_total', { binding: 'HTTP+JSON', agent: 'echo' })).toBe(1);
  });

  it('that their client leaves are told from those that end', async () => {
    const { url, operations } = await http.startApi({ metrics });
    operations.nextStream = new FakeStream().push(WORKING);
    const gone = new AbortController();
    const response = await fetch(`${url}/message:stream`, { ...json, body: ASK, signal: gone.signal });
    await response.body?.getReader().read();
    gone.abort();
    await eventually(async () => (await requests()).length === 1);
    expect((await requests())[0]?.labels).toMatchObject({
      operation: 'SendStreamingMessage',
      outcome: 'CLIENT_GONE',
    });
  });

  it('that fail after they have begun have their error as outcome', async () => {
    const { url, operations } = await http.startApi({ metrics });
    operations.nextStream = new FakeStream().push(WORKING).fail(new TaskNotFoundError());
    await (await fetch(`${url}/message:stream`, { ...json, body: ASK })).text();
    await eventually(async () => (await requests()).length === 1);
    expect((await requests())[0]?.labels.outcome).toBe('TASK_NOT_FOUND');
  });

  it('over gRPC are told of and counted as over HTTP', async () => {
    const { v1, operations } = await rpc.startGrpc({ metrics });
    const stream = new FakeStream().push(WORKING);
    operations.nextStream = stream;
    const call = v1.stream('sendStreamingMessage', SendMessageRequest.fromJSON(JSON.parse(ASK)) as object);
    const ended = once(call.resume(), 'end');
    await eventually(async () => (await value('a2a_open_streams', { binding: 'GRPC' })) === 1);
    stream.end();
    await ended;
    await eventually(async () => (await value('a2a_open_streams', { binding: 'GRPC' })) === 0);
    expect(await value('a2a_stream_events_total', { binding: 'GRPC', agent: 'echo' })).toBe(1);
  });
});
