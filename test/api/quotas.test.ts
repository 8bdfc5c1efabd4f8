import type { AppOptions } from '../../src/api/app';
import type { AgentInput } from '../../src/config/agents';
import { agentsFile } from '../../src/config/agents-file';
import type { CallerQuotas } from '../../src/config/quotas';
import { createMetrics } from '../../src/metrics/metrics';
import { FakeStream } from './fake-operations';
import { BINDINGS, closeAll, makeAgent, outcome, startApi, userMessage } from './harness';

afterEach(closeAll);

/** One at first, and the next one after minutes: no test takes so long. */
const ONE = 0.005;

function start(
  agents: Partial<AgentInput>[],
  { quotas, ...options }: Partial<Omit<AppOptions, 'quotas'>> & { quotas?: CallerQuotas } = {},
) {
  const inputs = agents.map((agent) => ({ ...makeInput(), ...agent }));
  return startApi({
    agents: agentsFile.parse({ quotas, agents: inputs }).agents,
    authenticate: ({ header }) => header('X-Owner') || 'key:anna',
    ...options,
  });
}

function makeInput(): AgentInput {
  const { id, name, description, skills } = makeAgent();
  return { id, name, description, skills, workflow: { type: 'echo' }, default: true };
}

describe.each(BINDINGS)('$name', (binding) => {
  const isRpc = binding.name === 'JSON-RPC';
  const send = (url: string, owner = 'key:anna') =>
    binding.call(url, 'SendMessage', { message: userMessage() }, { 'X-Owner': owner });
  const get = (url: string) => binding.call(url, 'GetTask', { id: 'task-m' });

  test('a caller that sends too fast is told when to come again', async () => {
    const { url } = await start([{}], { quotas: { perCaller: { requestsPerSecond: ONE } } });
    expect((await send(url)).error).toBeUndefined();
    const { status, headers, error, body } = await send(url);
    expect([status, error?.reason]).toEqual([429, 'RESOURCE_EXHAUSTED']);
    expect(error?.message).toBe('You have sent more than the limit of 0.005 messages a second');
    const retryAfter = Number(headers.get('Retry-After'));
    expect(retryAfter).toBeGreaterThan(100);
    expect(retryAfter).toBeLessThanOrEqual(200);
    // biome-ignore lint/suspicious/noExplicitAny: read freely
    const details = isRpc ? (body as any).error.data : (body as any).error.details;
    expect(details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'RESOURCE_EXHAUSTED',
        domain: 'a2a-protocol.org',
        metadata: { quota: 'requestsPerSecond', limit: '0.005' },
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` },
    ]);
  });

  test('Retry-After is when all limits allow it', async () => {
    const { url } = await start([{ quotas: { perCaller: { requestsPerSecond: ONE } } }], {
      quotas: { perCaller: { requestsPerSecond: 0.5 } },
    });
    await send(url);
    const { headers, error } = await send(url);
    expect(error?.message).toMatch(/^At the agent \S+, you have sent more than the limit of 0.005 messages/);
    expect(Number(headers.get('Retry-After'))).toBeGreaterThan(100);
  });

  test('reads have a rate of their own, and so has each caller', async () => {
    const { url } = await start([{}], { quotas: { perCaller: { requestsPerSecond: ONE } } });
    await send(url);
    expect((await send(url)).status).toBe(429);
    expect((await get(url)).status).toBe(isRpc ? 200 : 404);
    expect((await get(url)).status).toBe(429);
    expect((await send(url, 'key:bert')).error).toBeUndefined();
  });

  test('callers may have other limits, by name', async () => {
    const { url } = await start([{}], {
      quotas: {
        perCaller: { requestsPerSecond: ONE },
        callers: {
          bert: { requestsPerSecond: 'off' },
          'jwt:https://a.example#c': { requestsPerSecond: 'off' },
        },
      },
    });
    for (const owner of ['key:bert', 'jwt:https://a.example#c']) {
      expect((await send(url, owner)).error).toBeUndefined();
      expect((await send(url, owner)).error).toBeUndefined();
    }
    await send(url, 'bert');
    expect((await send(url, 'bert')).error).toBeUndefined();
    await send(url);
    expect((await send(url)).status).toBe(429);
  });

  test('an agent has a limit for each caller, and one for all of them', async () => {
    const { url } = await start([
      { quotas: { perCaller: { requestsPerSecond: ONE }, total: { bytesPerMinute: 900 } } },
      { id: 'other', default: false },
    ]);
    expect((await send(url)).error).toBeUndefined();
    expect((await send(url)).error?.message).toBe(
      'At the agent echo, you have sent more than the limit of 0.005 messages a second',
    );
    let refused = await send(url, 'key:0');
    for (let n = 1; refused.error === undefined && n < 20; n++) refused = await send(url, `key:${n}`);
    expect(refused.error?.message).toBe('The agent echo has got more than the limit of 900 bytes a minute');
    expect((await send(`${url}/a2a/other`)).error).toBeUndefined();
  });

  test('bytes of bodies are counted', async () => {
    const { url } = await start([{}], { quotas: { perCaller: { bytesPerMinute: 10 } } });
    // More than there is room for, but nothing was sent before.
    expect((await send(url)).error).toBeUndefined();
    expect((await send(url)).error?.message).toBe('You have sent more than the limit of 10 bytes a minute');
  });

  test('streams of an agent are counted for all of its callers', async () => {
    const metrics = await createMetrics();
    const { url, operations } = await start([{ quotas: { total: { openStreams: 1 } } }], { metrics });
    const open = (owner: string) => {
      operations.nextStream = new FakeStream().push({
        task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } },
      });
      return binding.request(url, 'SendStreamingMessage', { message: userMessage() }, { 'X-Owner': owner });
    };
    const first = await open('key:anna');
    const { status, error } = await outcome(await open('key:bert'), isRpc);
    expect([status, error?.message]).toEqual([
      429,
      'The agent echo has 1 streams open, and 1 is the limit: close one first',
    ]);
    expect(await metrics.text()).toContain(
      'a2a_quota_refusals_total{quota="openStreams",of="agent",agent="echo"} 1',
    );
    await first.body?.cancel();
  });
});
