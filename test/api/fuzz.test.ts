import fc from 'fast-check';
import { OPERATIONS } from '../../src/api/operations';
import { type Api, closeAll, JSON_V1, startApi, V1 } from './harness';

let api: Api;

beforeAll(async () => {
  api = await startApi();
});

afterAll(closeAll);

/** Whatever comes in, what goes out is JSON of the caller's binding, and no fault of the server. */
async function check(response: Response): Promise<void> {
  const text = await response.text();
  if (response.headers.get('content-type') === 'text/event-stream') return;
  expect(response.status).toBeLessThan(500);
  expect(text).not.toMatch(/<html|node_modules|at .*\.ts:/i);
  if (response.status === 304 || text === '') {
    expect(response.status).toBeLessThan(400);
    return;
  }
  const body = JSON.parse(text);
  if (response.status >= 400) expect(body).toHaveProperty('error.message');
  // -32603 is the 5xx of JSON-RPC.
  expect(body?.error?.code).not.toBe(-32603);
}

const message = fc.record(
  {
    messageId: fc.oneof(fc.string(), fc.jsonValue()),
    role: fc.oneof(fc.constantFrom('ROLE_USER', 'ROLE_AGENT', 0, 1, 2, 3), fc.jsonValue()),
    parts: fc.oneof(
      fc.array(
        fc.record(
          { text: fc.string(), raw: fc.base64String(), data: fc.jsonValue(), url: fc.string() },
          { requiredKeys: [] },
        ),
      ),
      fc.jsonValue(),
    ),
    contextId: fc.jsonValue(),
    taskId: fc.jsonValue(),
    metadata: fc.jsonValue(),
    referenceTaskIds: fc.jsonValue(),
    extensions: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

const params = fc.oneof(
  fc.jsonValue(),
  fc.record({ message, configuration: fc.jsonValue(), metadata: fc.jsonValue() }, { requiredKeys: [] }),
  fc.record(
    {
      id: fc.oneof(fc.string(), fc.jsonValue()),
      tenant: fc.oneof(fc.constantFrom('', 'echo'), fc.jsonValue()),
      historyLength: fc.oneof(fc.double(), fc.string()),
      pageSize: fc.oneof(fc.integer(), fc.string()),
      pageToken: fc.string(),
      status: fc.oneof(fc.integer(), fc.string()),
      statusTimestampAfter: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toJSON()),
        fc.string(),
      ),
    },
    { requiredKeys: [] },
  ),
);

test('random JSON-RPC', async () => {
  const method = fc.oneof(fc.constantFrom(...OPERATIONS.map(({ name }) => name)), fc.string());
  const call = fc.record({ jsonrpc: fc.constant('2.0'), id: fc.integer(), method, params });
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: call }, fc.jsonValue()), async (body) => {
      await check(await fetch(api.url, { method: 'POST', headers: JSON_V1, body: JSON.stringify(body) }));
    }),
    { numRuns: 300 },
  );
});

test('random bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/', '/message:send', '/message:stream'),
      fc.uint8Array(),
      async (path, body) => {
        await check(
          await fetch(api.url + path, { method: 'POST', headers: JSON_V1, body: Buffer.from(body) }),
        );
      },
    ),
  );
});

test('random REST bodies', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/message:send', '/message:stream', '/tasks/a:cancel'),
      params,
      async (path, body) => {
        await check(
          await fetch(api.url + path, { method: 'POST', headers: JSON_V1, body: JSON.stringify(body) }),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('random URLs', async () => {
  const segment = fc.oneof(
    fc.constantFrom(
      'a2a',
      'echo',
      'tasks',
      'message:send',
      ':cancel',
      '.well-known',
      'agent-card.json',
      '%',
      '%zz',
      '%2F',
      '..',
    ),
    fc.webSegment(),
    fc.string().map(encodeURIComponent),
  );
  const query = fc.oneof(
    fc.constant(''),
    fc.webQueryParameters().map((text) => `?${text}`),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
      fc.array(segment, { maxLength: 6 }),
      query,
      async (method, segments, search) => {
        const response = await fetch(`${api.url}/${segments.join('/')}${search}`, { method, headers: V1 });
        if (method === 'HEAD') expect(response.status).toBeLessThan(500);
        else await check(response);
      },
    ),
    { numRuns: 500 },
  );
});
