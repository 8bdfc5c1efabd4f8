import { FakeStream } from './fake-operations';
import { BINDINGS, closeAll, startApi, userMessage, V1 } from './harness';

afterEach(closeAll);

const PAGE = 'https://app.example.com';
const agentPath = '/a2a/echo/message:send';

const preflight = (url: string, origin: string, path = agentPath) =>
  fetch(`${url}${path}`, {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'a2a-version,content-type,x-api-key',
    },
  });

const allowed = ({ headers }: Response) => headers.get('Access-Control-Allow-Origin');

it('is off unless set', async () => {
  const { url } = await startApi();
  const answer = await preflight(url, PAGE);
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

it('lets pages of the origins in, and tells browsers what they may send and read', async () => {
  const { url } = await startApi({ corsOrigins: [PAGE] });
  const answer = await preflight(url, PAGE);
  expect(answer.status).toBe(204);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'access-control-allow-origin': PAGE,
    'access-control-allow-methods': 'GET,POST,DELETE',
    'access-control-allow-headers': 'a2a-version,content-type,x-api-key',
    'access-control-max-age': '600',
  });
  expect(answer.headers.has('Access-Control-Allow-Credentials')).toBe(false);
});

it.each([
  'https://evil.example.com',
  'https://app.example.com.evil.example',
  'http://app.example.com',
  'null',
])('lets no page of %s in', async (origin) => {
  const { url } = await startApi({ corsOrigins: [PAGE] });
  expect(allowed(await preflight(url, origin))).toBeNull();
  expect(allowed(await fetch(`${url}/tasks`, { headers: { ...V1, Origin: origin } }))).toBeNull();
});

it('* is every origin', async () => {
  const { url } = await startApi({ corsOrigins: ['*'] });
  expect(allowed(await preflight(url, 'https://any.example'))).toBe('https://any.example');
});

describe.each(BINDINGS)('$name', (binding) => {
  it('answers, errors and streams can be read by the page', async () => {
    const { url, operations } = await startApi({ corsOrigins: [PAGE] });
    const headers = { Origin: PAGE };
    const good = await binding.call(url, 'SendMessage', { message: userMessage() }, headers);
    const bad = await binding.call(url, 'GetTask', { id: 'unknown' }, headers);
    operations.nextStream = new FakeStream().end();
    const stream = await binding.request(url, 'SendStreamingMessage', { message: userMessage() }, headers);
    await stream.text();
    for (const answer of [good, bad, stream]) {
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
      expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
      expect(answer.headers.get('Vary')).toBe('Origin');
    }
  });

  it('no answer is kept by caches or taken for something else', async () => {
    const { url } = await startApi();
    const { headers } = await binding.call(url, 'SendMessage', { message: userMessage() });
    expect([headers.get('Cache-Control'), headers.get('X-Content-Type-Options')]).toEqual([
      'no-store',
      'nosniff',
    ]);
  });
});
