import { createHash } from 'node:crypto';
import { SendMessageRequest } from '@a2a-js/sdk';
import * as rpc from '../grpc/harness';
import { eventually } from '../support/eventually';
import { message } from '../support/harness';
import { collectSpans } from '../tracing/spans';
import { FakeStream } from './fake-operations';
import * as http from './harness';

afterEach(async () => {
  await Promise.all([http.closeAll(), rpc.closeAll()]);
});

type Line = Record<string, unknown>;

const authenticate = () => 'anna@example.com';
const HASHED = createHash('sha256').update('anna@example.com').digest('hex').slice(0, 12);

/** The lines of the requests, in order. */
function requestsIn(log: Line[], count: number): Promise<Line[]> {
  return eventually(() => {
    const lines = log.filter(({ msg }) => msg === 'request');
    return lines.length === count && lines;
  });
}

/** What every line has that is about a send that has succeeded. */
const COMMON = {
  agent: 'echo',
  outcome: 'OK',
  operation: 'SendMessage',
  state: 'TASK_STATE_COMPLETED',
  owner: HASHED,
  version: '1.0',
  level: 30,
};

const usual = ['level', 'time', 'pid', 'hostname', 'msg'];

/** Names of the fields that only the binding has are left out. */
function fieldsOf(line: Line | undefined, but: string[] = []): string[] {
  return Object.keys(line ?? {})
    .filter((name) => ![...usual, ...but].includes(name))
    .sort();
}

it('a request is one line with the same fields, over HTTP and gRPC', async () => {
  const spans = collectSpans();
  const { tracing } = spans;
  const api = await http.startApi({ authenticate, tracing });
  const { v1, log } = await rpc.startGrpc({ authenticate, tracing });
  const said = message('hello');
  await fetch(`${api.url}/message:send`, {
    method: 'POST',
    headers: { ...http.JSON_V1, 'X-Request-Id': 'mine' },
    body: JSON.stringify({ message: said }),
  });
  await v1.call('sendMessage', SendMessageRequest.fromJSON({ message: said }), { 'x-request-id': 'mine' });

  const [overHttp] = await requestsIn(api.log, 1);
  const [overGrpc] = await requestsIn(log, 1);
  const ids = { taskId: expect.any(String), contextId: expect.any(String), requestId: 'mine' };
  expect(overHttp).toMatchObject({ ...COMMON, ...ids, binding: 'HTTP+JSON', status: 200 });
  expect(overGrpc).toMatchObject({ ...COMMON, ...ids, binding: 'GRPC', status: 'OK' });
  expect(fieldsOf(overGrpc)).toEqual(fieldsOf(overHttp, ['method', 'path']));
  const told = spans.all().map(({ traceId, spanId }) => [traceId, spanId]);
  expect([overHttp, overGrpc].map((line) => [line?.trace_id, line?.span_id])).toEqual(told);
  expect(JSON.stringify([...api.log, ...log])).not.toContain('anna@example.com');
});

it('an error is told by its reason, and without tracing no line has its IDs', async () => {
  const api = await http.startApi();
  const { v1, log } = await rpc.startGrpc();
  await fetch(`${api.url}/tasks/none`, { headers: http.V1 });
  const error = await rpc.failure(v1.call('getTask', { id: 'none' }));
  for (const lines of [api.log, log]) {
    const [line] = await requestsIn(lines, 1);
    expect(line).toMatchObject({ outcome: 'TASK_NOT_FOUND', taskId: 'none', owner: 'anonymous' });
    expect(line).not.toHaveProperty('trace_id');
  }
  const [line] = await requestsIn(log, 1);
  expect(error.metadata.get('x-request-id')).toEqual([line?.requestId]);
});

it('a stream is one line at its end, with the state that it told last', async () => {
  const api = await http.startApi();
  const { v1, log, operations } = await rpc.startGrpc();
  const id = { taskId: 't', contextId: 'c' };
  const stream = () =>
    new FakeStream()
      .push({ task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } } })
      .push({ statusUpdate: { ...id, status: { state: 'TASK_STATE_FAILED' } } })
      .end();
  api.operations.nextStream = stream();
  operations.nextStream = stream();
  const said = message('hello');
  const response = await fetch(`${api.url}/message:stream`, {
    method: 'POST',
    headers: http.JSON_V1,
    body: JSON.stringify({ message: said }),
  });
  await response.text();
  await rpc.readStream(v1.stream('sendStreamingMessage', SendMessageRequest.fromJSON({ message: said })));
  for (const lines of [api.log, log]) {
    const [line] = await requestsIn(lines, 1);
    expect(line).toMatchObject({
      ...id,
      operation: 'SendStreamingMessage',
      state: 'TASK_STATE_FAILED',
      outcome: 'OK',
    });
  }
});
