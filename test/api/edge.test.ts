import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { eventually } from '../support/eventually';
import { closeAll, JSON_V1, makeAgent, outcome, startApi, userMessage, V1 } from './harness';

afterEach(closeAll);

function rpc(url: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  return fetch(url, { method: 'POST', headers: { ...JSON_V1, ...headers }, body });
}

describe('JSON-RPC 2.0', () => {
  const call = { jsonrpc: '2.0', id: 1, method: 'ListTasks' };
  test.each([
    ['broken JSON', '{"jsonrpc":', -32700, null],
    ['an empty body', '', -32700, null],
    ['a batch', [call], -32600, null],
    ['an empty batch', [], -32600, null],
    ['a text', '"hello"', -32600, null],
    ['null', 'null', -32600, null],
    ['another version', { ...call, jsonrpc: '1.0' }, -32600, 1],
    ['no version', { id: 1, method: 'ListTasks' }, -32600, 1],
    ['no method', { jsonrpc: '2.0', id: 'a' }, -32600, 'a'],
    ['a method that is a number', { ...call, method: 1 }, -32600, 1],
    ['an id that is an object', { ...call, id: {} }, -32600, null],
    ['an id that is a boolean', { ...call, id: true }, -32600, null],
    ['a notification', { jsonrpc: '2.0', method: 'ListTasks' }, -32600, null],
    ['params that are a text', { ...call, params: 'hello' }, -32600, 1],
    ['params by position', { ...call, params: [1] }, -32602, 1],
    ['an unknown method', { ...call, method: 'tasks/list' }, -32601, 1],
    ['an inherited method', { ...call, method: '__proto__' }, -32601, 1],
  ])('%s', async (_name, body, code, id) => {
    const { url } = await startApi();
    const response = await rpc(url, typeof body === 'string' ? body : JSON.stringify(body));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toMatchObject({
      jsonrpc: '2.0',
      id,
      error: { code, data: expect.any(Array) },
    });
  });

  test.each([
    [[call], 'Batches are not supported'],
    [{ ...call, id: undefined }, 'A2A has no notifications'],
  ])('%j is told why', async (body, message) => {
    const { url } = await startApi();
    const { error } = await outcome(await rpc(url, JSON.stringify(body)), true);
    expect(error?.message).toContain(message);
  });

  test.each([0, 'x', null, 1.5])('the id %j comes back', async (id) => {
    const { url } = await startApi();
    const response = await rpc(url, JSON.stringify({ ...call, id, params: null }));
    expect(await response.json()).toMatchObject({ id, result: { tasks: [] } });
  });

  test('at each of its paths', async () => {
    const { url } = await startApi();
    for (const path of ['', '/', '/a2a', '/a2a/', '/a2a/echo', '/a2a/echo/']) {
      expect(await (await rpc(url + path, JSON.stringify(call))).json()).toMatchObject({
        result: { tasks: [] },
      });
    }
    expect((await rpc(`${url}/a2a/nobody`, JSON.stringify(call))).status).toBe(200);
    expect(await (await rpc(`${url}/a2a/nobody`, JSON.stringify(call))).json()).toMatchObject({
      error: { message: expect.stringContaining('There is no agent "nobody"') },
    });
  });
});

describe.each([
  ['JSON-RPC', '/', true],
  ['HTTP+JSON', '/message:send', false],
])('bodies over %s', (_name, path, isRpc) => {
  const body = (message: unknown) =>
    JSON.stringify(
      isRpc ? { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } } : { message },
    );
  const post = async (url: string, content: string | Uint8Array, headers: Record<string, string> = {}) =>
    outcome(await rpc(url + path, content, headers), isRpc);

  test.each([
    'application/json',
    'application/a2a+json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
  ])('%s is read', async (type) => {
    const { url } = await startApi();
    const { result } = await post(url, body(userMessage()), { 'Content-Type': type });
    expect(result).toBeDefined();
  });

  test.each([
    [{ 'Content-Type': 'text/plain' }, 'got text/plain'],
    [{ 'Content-Type': 'application/json-patch+json' }, 'got application/json-patch+json'],
    [{ 'Content-Type': 'application/json; charset=latin1' }, 'The charset must be utf-8, got latin1'],
    [{ 'Content-Encoding': 'gzip' }, 'Content-Encoding is not supported'],
  ])('%j is not', async (headers, message) => {
    const { url } = await startApi();
    const { status, error } = await post(
      url,
      gzipSync(body(userMessage())),
      headers as Record<string, string>,
    );
    expect([status, error?.reason]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(error?.message).toContain(message);
  });

  test('invalid UTF-8', async () => {
    const { url } = await startApi();
    const { error } = await post(url, Buffer.from(body(userMessage('\u00ff')), 'latin1'));
    expect(error).toMatchObject({ reason: 'PARSE_ERROR', message: expect.stringContaining('UTF-8') });
  });

  test('the limit of the body, with its size known and not', async () => {
    const { url } = await startApi({ maxBodyBytes: 1000 });
    const large = body(userMessage('x'.repeat(1000)));
    const known = await post(url, large);
    expect([known.status, known.error?.reason]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(known.error?.message).toContain('limit of 1000 bytes');
    const stream = new Blob([large]).stream();
    const response = await fetch(url + path, {
      method: 'POST',
      headers: JSON_V1,
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    const { result } = await post(url, body(userMessage('x'.repeat(100))));
    expect(result).toBeDefined();
  });

  test('nesting bombs', async () => {
    const { url } = await startApi();
    const nested = (depth: number) =>
      body({ ...userMessage(), parts: [{ data: 'DEEP' }] }).replace(
        '"DEEP"',
        '['.repeat(depth) + ']'.repeat(depth),
      );
    expect((await post(url, nested(50_000))).error).toMatchObject({
      reason: 'PARSE_ERROR',
      message: expect.stringContaining('100 levels'),
    });
    expect((await post(url, nested(80))).result).toBeDefined();
    const brackets = await post(url, body(userMessage('hi', { parts: [{ text: '"['.repeat(500) }] })));
    expect(brackets.result).toBeDefined();
  });

  test('a large message passes', async () => {
    const { url } = await startApi();
    const { status } = await post(url, body(userMessage('hi', { parts: [{ text: 'x'.repeat(9_000_000) }] })));
    expect(status).toBe(200);
  });
});

describe('paths', () => {
  const agents = [makeAgent(), makeAgent({ id: 'other', default: false })];
  test.each([
    ['/tasks', 'echo'],
    ['/other/tasks', 'other'],
    ['/a2a/other/tasks', 'other'],
    ['/a2a/other/other/tasks', 'other'],
    ['/a2a/other/tasks?tenant=other', 'other'],
    ['/tasks?tenant=other', 'other'],
    ['/tasks?A2A-Version=1.0', 'echo'],
  ])('%s is of %s', async (path, agent) => {
    const { url, operations } = await startApi({ agents });
    const headers = path.includes('A2A-Version') ? undefined : V1;
    expect((await fetch(url + path, headers && { headers })).status).toBe(200);
    expect(operations.calls[0]?.call.agent.id).toBe(agent);
  });

  test.each([
    ['GET', '/nobody/tasks', 404],
    ['GET', '/a2a/nobody/tasks', 404],
    ['GET', '/a2a/other/echo/tasks', 404],
    ['GET', '/a2a/other/tasks?tenant=echo', 400],
    ['GET', '/nothing/at/all', 404],
    ['GET', '/tasks/a:explode', 404],
    ['GET', '/tasks/%zz', 400],
    ['GET', '/tasks/%ff', 400],
    ['GET', '/%', 400],
    ['GET', '/tasks/a%00b', 400],
    ['GET', '/tasks?pageSize=1&pageSize=2', 400],
    ['GET', '/.well-known/agent.txt', 404],
    ['GET', '/a2a/nobody/.well-known/agent-card.json', 404],
  ])('%s %s is %d', async (method, path, status) => {
    const { url } = await startApi({ agents });
    const response = await fetch(url + path, { method, headers: V1 });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: {
        code: status,
        status: expect.any(String),
        message: expect.any(String),
        details: expect.any(Array),
      },
    });
  });

  test.each([
    ['PUT', '/tasks/a', 'GET, HEAD'],
    ['GET', '/message:send', 'POST'],
    ['GET', '/tasks/a:cancel', 'POST'],
    ['DELETE', '/tasks/a:subscribe', 'GET, HEAD, POST'],
    ['POST', '/tasks', 'GET, HEAD'],
    ['DELETE', '/a2a/echo', 'GET, HEAD, POST'],
    ['POST', '/.well-known/agent-card.json', 'GET, HEAD'],
    ['PROPFIND', '/tasks', 'GET, HEAD'],
  ])('%s %s is not allowed', async (method, path, allow) => {
    const { url } = await startApi();
    const response = await fetch(url + path, { method, headers: V1 });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe(allow);
    expect(await response.json()).toMatchObject({ error: { code: 405, status: 'UNIMPLEMENTED' } });
  });

  test('OPTIONS and HEAD', async () => {
    const { url, operations } = await startApi();
    const options = await fetch(`${url}/message:send`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('Allow')]).toEqual([204, 'POST']);
    const head = await fetch(`${url}/tasks`, { method: 'HEAD', headers: V1 });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const stream = await fetch(`${url}/tasks/a:subscribe`, { method: 'HEAD', headers: V1 });
    expect(stream.status).toBe(405);
    expect(operations.calls.map(({ name }) => name)).toEqual(['listTasks']);
  });

  test('an ID is decoded once, whatever it holds', async () => {
    const { url, operations } = await startApi();
    const id = 'a/b:c%41 é?';
    await fetch(`${url}/tasks/${encodeURIComponent(id)}:cancel`, { method: 'POST', headers: V1 });
    expect(operations.calls[0]?.request).toEqual({ id });
  });

  test('cancel and subscribe need no body', async () => {
    const { url, operations } = await startApi();
    for (const init of [
      { headers: V1 },
      { headers: JSON_V1 },
      { headers: JSON_V1, body: '{"metadata":{"a":1}}' },
    ]) {
      await fetch(`${url}/tasks/a:cancel`, { method: 'POST', ...init });
    }
    expect(operations.calls.map(({ request }) => request)).toEqual([
      { id: 'a' },
      { id: 'a' },
      { id: 'a', metadata: { a: 1 } },
    ]);
  });

  test('without a default agent the root says so', async () => {
    const { url } = await startApi({ agents: [makeAgent({ default: false })] });
    const response = await fetch(`${url}/tasks`, { headers: V1 });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('There is no default agent');
    expect((await fetch(`${url}/echo/tasks`, { headers: V1 })).status).toBe(200);
  });

  test('the list of agents', async () => {
    const { url } = await startApi({ publicUrl: 'https://example.com/x/' });
    expect(await (await fetch(`${url}/a2a`)).json()).toEqual({
      agents: [
        {
          id: 'echo',
          name: 'Echo',
          description: 'Says it again',
          card: 'https://example.com/x/a2a/echo/.well-known/agent-card.json',
        },
      ],
    });
  });
});

test.each([
  [{}, 'application/json'],
  [{ Accept: 'application/a2a+json' }, 'application/a2a+json'],
  [{ 'Content-Type': 'application/a2a+json' }, 'application/a2a+json'],
  [{ 'Content-Type': 'application/a2a+json', Accept: 'application/json' }, 'application/json'],
])('REST answers to %j with %s', async (headers, expected) => {
  const { url } = await startApi();
  const body = JSON.stringify({ message: userMessage() });
  const good = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { ...JSON_V1, ...headers },
    body,
  });
  expect([good.status, good.headers.get('content-type')]).toEqual([200, expected]);
  const bad = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { ...JSON_V1, ...headers },
    body: '{',
  });
  expect([bad.status, bad.headers.get('content-type')]).toEqual([400, expected]);
});

describe('health', () => {
  test('alive and ready', async () => {
    const health = jest.fn(async () => undefined);
    const { url } = await startApi({ health });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(health).not.toHaveBeenCalled();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test('not ready', async () => {
    const { url } = await startApi({ health: () => Promise.reject(new Error('10.0.0.1 is away')) });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const response = await fetch(`${url}/readyz`);
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '2']);
    expect(await response.text()).not.toContain('10.0.0.1');
  });
});

describe('the log', () => {
  test('one line a request, without what was said', async () => {
    const { url, log } = await startApi();
    const headers = { ...JSON_V1, Authorization: 'Bearer hush', 'X-Request-Id': 'my-request' };
    const body = JSON.stringify({ message: userMessage('private words', { contextId: 'c1' }) });
    const response = await fetch(`${url}/message:send?key=hush`, { method: 'POST', headers, body });
    expect(response.headers.get('X-Request-Id')).toBe('my-request');
    await eventually(() => log.length > 0);
    expect(log).toEqual([
      expect.objectContaining({
        requestId: 'my-request',
        path: '/message:send',
        status: 200,
        operation: 'SendMessage',
        agent: 'echo',
        taskId: 'task-m-private words',
        contextId: 'c1',
      }),
    ]);
    expect(JSON.stringify(log)).not.toMatch(/hush|"private words"/);
  });
});

describe('sockets', () => {
  function talk(url: string, text: string): Promise<string> {
    const { port, hostname } = new URL(url);
    return new Promise((resolve, reject) => {
      let received = '';
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.on('data', (chunk) => {
        received += chunk;
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
  }

  test('what is not HTTP', async () => {
    const { url } = await startApi();
    expect(await talk(url, 'HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"error":/s);
  });

  test('a target that is no URL', async () => {
    const { url } = await startApi();
    const answer = await talk(url, 'GET http://[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*"error":/s);
  });

  const asked = (host: string) => `GET /a2a HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  const LOCAL = [
    'localhost',
    'LOCALHOST:4000',
    'localhost.',
    'a.localhost',
    '127.0.0.1:80',
    '[::1]:80',
    '192.0.2.1',
  ];

  test.each([...LOCAL, 'agents.example.com'])('a name that is served: %s', async (host) => {
    const { url } = await startApi({}, { names: ['agents.example.com'] });
    expect(await talk(url, asked(host))).toMatch(/^HTTP\/1\.1 200 /);
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:4000', 'a b', 'xlocalhost'])(
    "a web page's own name, which leads here: %s",
    async (host) => {
      const { url } = await startApi({}, { names: [] });
      expect(await talk(url, asked(host))).toMatch(/^HTTP\/1\.1 421 .*"error":.*PUBLIC_URL/s);
    },
  );

  test('any name, unless names are given', async () => {
    const { url } = await startApi();
    expect(await talk(url, asked('agents.example.com'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('a sender that is too slow', async () => {
    const { url } = await startApi({}, { requestTimeoutMs: 100 });
    const head =
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    expect(await talk(url, head)).toMatch(/^HTTP\/1\.1 408 .*"error":/s);
  });
});
