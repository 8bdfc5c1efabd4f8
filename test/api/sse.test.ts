import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BridgeError, TaskNotFoundError, unavailable } from '../../src/a2a/errors';
import { eventually } from '../support/eventually';
import { FakeStream } from './fake-operations';
import { BINDINGS, closeAll, outcome, startApi, userMessage, V1 } from './harness';

afterEach(closeAll);

const task = { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' as const } };
const update = (state: 'TASK_STATE_WORKING' | 'TASK_STATE_COMPLETED') => ({
  statusUpdate: { taskId: 't', contextId: 'c', status: { state } },
});

/** What a stream has sent so far, as text. */
class Reader {
  text = '';
  ended = false;
  readonly done: Promise<void>;
  private readonly abort = new AbortController();

  constructor(response: Response) {
    this.done = this.read(response).catch(() => undefined);
  }

  close(): void {
    this.abort.abort();
  }

  private async read({ body }: Response): Promise<void> {
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    this.abort.signal.addEventListener('abort', () => void reader?.cancel());
    for (;;) {
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) break;
      this.text += chunk.value;
    }
    this.ended = true;
  }

  get events(): { id: string | undefined; event: string | undefined; data: Record<string, unknown> }[] {
    return this.text
      .split('\n\n')
      .filter((block) => block.includes('data: '))
      .map((block) => ({
        id: /^id: (.*)$/m.exec(block)?.[1],
        event: /^event: (.*)$/m.exec(block)?.[1],
        data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null'),
      }));
  }
}

describe.each(BINDINGS)('$name', (binding) => {
  const isRpc = binding.name === 'JSON-RPC';
  const send = (url: string, headers?: Record<string, string>) =>
    binding.request(url, 'SendStreamingMessage', { message: userMessage() }, headers);
  const framed = (response: unknown) => (isRpc ? { jsonrpc: '2.0', id: 7, result: response } : response);

  test('events as they come, each on one line, with the id to resume after', async () => {
    const { url, operations, app } = await startApi();
    const stream = new FakeStream().push({ task });
    operations.nextStream = stream;
    const response = await send(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const reader = new Reader(response);
    await eventually(() => reader.events.length === 1);
    expect(app.openStreams).toBe(1);
    stream.push(update('TASK_STATE_COMPLETED')).end();
    await reader.done;
    expect(reader.events).toEqual([
      { id: '1', data: framed({ task }) },
      { id: '2', data: framed(update('TASK_STATE_COMPLETED')) },
    ]);
    await eventually(() => stream.returned && app.openStreams === 0);
  });

  test('an error before the first event is a proper error', async () => {
    const { url, operations } = await startApi();
    operations.nextStream = new FakeStream().fail(new TaskNotFoundError());
    const { error, status } = await outcome(await send(url), isRpc);
    expect([error?.reason, status]).toEqual(['TASK_NOT_FOUND', isRpc ? 200 : 404]);
    expect(operations.nextStream.returned).toBe(true);
  });

  test('a stream that is refused is a proper error however long that takes', async () => {
    const { url, operations } = await startApi({ heartbeatMs: 10 });
    let refuse = () => {};
    operations.gate = new Promise((resolve) => {
      refuse = resolve;
    });
    operations.nextError = unavailable('Temporal cannot be reached; try again in a moment');
    const answer = send(url);
    await eventually(() => operations.calls.length === 1);
    // Many heartbeats later, as answers to calls that came later show.
    for (let n = 0; n < 20; n++) await fetch(`${url}/.well-known/agent-card.json`);
    refuse();
    const { error, status, headers } = await outcome(await answer, isRpc);
    expect([status, headers.get('Retry-After'), error?.reason]).toEqual([503, '2', 'UNAVAILABLE']);
  });

  test('an error later is the last event', async () => {
    const { url, operations } = await startApi();
    const stream = new FakeStream().push({ task });
    operations.nextStream = stream;
    const reader = new Reader(await send(url));
    await eventually(() => reader.events.length === 1);
    stream.fail(new BridgeError('RESOURCE_EXHAUSTED', 'You read too slowly'));
    await reader.done;
    const last = reader.events[1];
    expect(last?.data).toMatchObject({
      error: { code: isRpc ? -32000 : 429, message: 'You read too slowly' },
    });
    if (isRpc) expect(last?.data).toMatchObject({ jsonrpc: '2.0', id: 7 });
    else expect(last?.event).toBe('error');
    expect(reader.ended).toBe(true);
  });

  test('an unexpected error later shows nothing of itself', async () => {
    const { url, operations, log } = await startApi();
    operations.nextStream = new FakeStream().push({ task }).fail(new Error('secret'));
    const reader = new Reader(await send(url));
    await reader.done;
    expect(reader.text).toContain('Internal error');
    expect(reader.text).not.toContain('secret');
    expect(JSON.stringify(log)).toContain('secret');
  });

  test('a client that goes releases the stream and aborts the call', async () => {
    const { url, operations, app } = await startApi();
    const stream = new FakeStream().push({ task });
    operations.nextStream = stream;
    const reader = new Reader(await send(url));
    await eventually(() => reader.events.length === 1);
    reader.close();
    await eventually(() => stream.returned && app.openStreams === 0);
    expect(operations.calls[0]?.call.signal?.aborted).toBe(true);
  });

  test('an open stream is not held by Koa, which listens for the end of a response', async () => {
    const { operations, app } = await startApi();
    operations.nextStream = new FakeStream().push({ task });
    const serve = app.callback();
    const responses: ServerResponse[] = [];
    const server = createServer((req, res) => {
      responses.push(res);
      serve(req, res);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const reader = new Reader(await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    await eventually(() => reader.events.length === 1);
    expect(responses.map((res) => res.listenerCount('end'))).toEqual([0]);
    reader.close();
    await eventually(() => app.openStreams === 0);
    await new Promise((resolve) => server.close(resolve));
  });

  test('a client that goes before the first event does so too', async () => {
    const { url, operations, app } = await startApi({ heartbeatMs: 10 });
    const stream = new FakeStream();
    operations.nextStream = stream;
    const reader = new Reader(await send(url));
    await eventually(() => reader.text.includes(':\n\n'));
    reader.close();
    await eventually(() => stream.returned && app.openStreams === 0);
  });

  test('a comment whenever nothing else comes', async () => {
    const { url, operations } = await startApi({ heartbeatMs: 10 });
    const stream = new FakeStream().push({ task });
    operations.nextStream = stream;
    const reader = new Reader(await send(url));
    await eventually(() => reader.text.split(':\n\n').length > 3);
    stream.push(update('TASK_STATE_COMPLETED')).end();
    await reader.done;
    expect(reader.events).toHaveLength(2);
  });

  test('an error after a comment is an event, because the headers are out', async () => {
    const { url, operations } = await startApi({ heartbeatMs: 10 });
    const stream = new FakeStream();
    operations.nextStream = stream;
    const reader = new Reader(await send(url));
    await eventually(() => reader.text.includes(':\n\n'));
    stream.fail(new TaskNotFoundError());
    await reader.done;
    expect(reader.events[0]?.data).toHaveProperty('error');
  });

  test('Last-Event-ID goes to the subscription', async () => {
    const { url, operations } = await startApi();
    operations.nextStream = new FakeStream().from(41).push(update('TASK_STATE_COMPLETED')).end();
    await binding.request(url, 'SendMessage', { message: userMessage('wait') });
    const subscribe = (headers?: Record<string, string>) =>
      binding.request(url, 'SubscribeToTask', { id: 'task-m-wait' }, headers);
    const reader = new Reader(await subscribe({ 'Last-Event-ID': '41' }));
    await reader.done;
    expect(reader.events.map(({ id }) => id)).toEqual(['42']);
    expect(operations.calls.at(-1)?.lastEventId).toBe('41');
    const bad = await outcome(await subscribe({ 'Last-Event-ID': 'a b' }), isRpc);
    expect(bad.error).toMatchObject({ reason: 'INVALID_PARAMS', violations: ['Last-Event-ID'] });
  });

  test('no caller has more streams than the limit', async () => {
    const { url, operations } = await startApi({
      maxStreamsPerCaller: 2,
      authenticate: ({ header }) => header('X-Owner') || 'anonymous',
    });
    const opened = (headers?: Record<string, string>) => {
      operations.nextStream = new FakeStream().push({ task });
      return send(url, headers);
    };
    const readers = [new Reader(await opened()), new Reader(await opened())];
    const { error, status } = await outcome(await opened(), isRpc);
    expect([error?.reason, status]).toEqual(['RESOURCE_EXHAUSTED', 429]);
    expect(error?.message).toContain('2 is the limit');
    const other = await opened({ 'X-Owner': 'other' });
    expect(other.headers.get('content-type')).toBe('text/event-stream');
    for (const reader of [...readers, new Reader(other)]) reader.close();
  });

  test('a server that stops ends its streams with a word to resume them', async () => {
    const { url, operations, server, log } = await startApi();
    const stream = new FakeStream().push({ task });
    operations.nextStream = stream;
    const reader = new Reader(await send(url));
    await eventually(() => reader.events.length === 1);
    await server.close();
    await reader.done;
    expect([reader.ended, reader.events.length, stream.returned]).toEqual([true, 2, true]);
    const last = reader.events[1];
    expect(last?.id).toBeUndefined();
    expect(last?.data.error).toMatchObject({
      code: isRpc ? -32603 : 503,
      message: 'The server is shutting down: resume the stream, from its last event',
    });
    expect(log.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });

  test('a server that stops before the first event answers with an error', async () => {
    const { url, operations, server } = await startApi();
    operations.nextStream = new FakeStream();
    const waiting = send(url);
    await eventually(() => operations.calls.length === 1);
    const closed = server.close();
    const { error, status } = await outcome(await waiting, isRpc);
    expect([error?.reason, status]).toEqual(['UNAVAILABLE', 503]);
    await closed;
  });
});

test('GET subscribes too', async () => {
  const { url, operations } = await startApi();
  operations.nextStream = new FakeStream().push({ task }).end();
  await BINDINGS[1]?.request(url, 'SendMessage', { message: userMessage('wait') });
  const reader = new Reader(await fetch(`${url}/tasks/task-m-wait:subscribe`, { headers: V1 }));
  await reader.done;
  expect(reader.events).toHaveLength(1);
});

describe('a client that does not read', () => {
  async function open(url: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      get(`${url}/tasks/task-m-wait:subscribe`, { headers: V1 }, resolve).on('error', reject);
    });
  }
  const large = { task: { ...task, metadata: { filler: 'x'.repeat(1_000_000) } } };

  test('is waited for, and gets the rest when it reads on', async () => {
    const { url, operations } = await startApi();
    await BINDINGS[0]?.request(url, 'SendMessage', { message: userMessage('wait') });
    const stream = new FakeStream();
    for (let index = 0; index < 50; index++) stream.push(large);
    operations.nextStream = stream.end();
    const response = await open(url);
    await eventually(() => stream.delivered > 0);
    let before = -1;
    await eventually(() => {
      const still = stream.delivered === before;
      before = stream.delivered;
      return still;
    });
    expect(stream.delivered).toBeLessThan(50);
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    expect(stream.delivered).toBe(50);
    expect(bytes).toBeGreaterThan(50_000_000);
  });

  test('is cut off in the end', async () => {
    const { url, operations, app } = await startApi({ stallMs: 50 });
    await BINDINGS[0]?.request(url, 'SendMessage', { message: userMessage('wait') });
    const stream = new FakeStream();
    for (let index = 0; index < 50; index++) stream.push(large);
    operations.nextStream = stream;
    const response = await open(url);
    response.on('error', () => undefined);
    await eventually(() => stream.returned && app.openStreams === 0);
    response.destroy();
  });
});

test('a client that goes aborts its blocking call, and the log says that it has gone', async () => {
  const { url, operations, log } = await startApi();
  let open = () => {};
  operations.gate = new Promise((resolve) => {
    open = resolve;
  });
  const abort = new AbortController();
  const gone = fetch(`${url}/tasks/a`, { headers: V1, signal: abort.signal }).catch(() => 'gone');
  await eventually(() => operations.calls.length === 1);
  abort.abort();
  expect(await gone).toBe('gone');
  await eventually(() => operations.calls[0]?.call.signal?.aborted === true);
  open();
  const line = await eventually(() => log.find(({ msg }) => msg === 'request'));
  expect(line).toMatchObject({ path: '/tasks/a', outcome: 'CLIENT_GONE' });
  expect(line).not.toHaveProperty('status');
});

test.each(['tasks/t:subscribe', 'tasks/t'])(
  'a client that goes before it is let in is not followed (%s)',
  async (path) => {
    let letIn = () => {};
    const asked = new Promise<string>((resolve) => {
      letIn = () => resolve('owner');
    });
    const authenticate = jest.fn(() => asked);
    const { app, operations, log } = await startApi({ authenticate });
    operations.tasks.set('t', { owner: 'owner', agentId: 'echo', task });
    operations.nextStream = new FakeStream().push({ task });
    const closed = jest.fn();
    const serve = app.callback();
    const server = createServer((req, res) => serve(req, res.once('close', closed)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const abort = new AbortController();
    const { signal } = abort;
    fetch(`http://127.0.0.1:${port}/${path}`, { headers: V1, signal }).catch(() => 'gone');
    await eventually(() => authenticate.mock.calls.length > 0);
    abort.abort();
    await eventually(() => closed.mock.calls.length > 0);
    letIn();
    await eventually(() => log.some(({ msg }) => msg === 'request'));
    expect(app.openStreams).toBe(0);
    expect(operations.calls.filter(({ call }) => call.signal?.aborted !== true)).toEqual([]);
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
  },
);

describe('a stream that is refused for overload is a 503, not a stream with an error:', () => {
  const parts = [{ kind: 'text', type: 'text', text: 'hi' }];
  const message = { messageId: 'm', role: 'user', kind: 'message', parts };
  const rpc = (method: string, params: object) => ({ jsonrpc: '2.0', id: 7, method, params });

  test.each([
    ['0.3, JSON-RPC', '/', rpc('message/stream', { message })],
    ['0.3, JSON-RPC, resubscribe', '/', rpc('tasks/resubscribe', { id: 't' })],
    [
      '0.3, HTTP+JSON',
      '/v1/message:stream',
      { message: { messageId: 'm', role: 'ROLE_USER', content: [{ text: 'hi' }] } },
    ],
    ['0.2', '/', rpc('tasks/sendSubscribe', { id: 't', message: { role: 'user', parts } })],
    ['agent-native', '/_agent-native/a2a', rpc('message/stream', { message })],
  ])('%s', async (_, path, body) => {
    const { url, operations } = await startApi();
    operations.nextError = unavailable('Temporal cannot be reached; try again in a moment');
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify(body),
    });
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '2']);
    expect(await response.text()).toContain('Temporal cannot be reached');
  });
});
