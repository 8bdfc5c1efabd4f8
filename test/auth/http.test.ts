import { request as httpRequest } from 'node:http';
import type { AppOptions } from '../../src/api/app';
import { ApiKeys } from '../../src/auth/api-keys';
import { BINDINGS, closeAll, JSON_V1, startApi, userMessage, V1 } from '../api/harness';
import { AUDIENCE, TestIssuer } from './issuer';
import { agentWith, bearer } from './support';

process.env.TEST_ANNA = 'key-of-anna-0123456789';
process.env.TEST_BERT = 'key-of-bert-0123456789';
const ANNA = { 'X-Api-Key': process.env.TEST_ANNA };
const BERT = { 'X-Api-Key': process.env.TEST_BERT };
const annaOnly = { apiKeys: [{ owner: 'anna', values: ['env:TEST_ANNA'] }] };
const bertOnly = { apiKeys: [{ owner: 'bert', values: ['env:TEST_BERT'] }] };

/** One agent for anna, one for bert, one for everybody. */
const agents = [
  agentWith(annaOnly),
  agentWith(bertOnly, { id: 'closed', default: false, extendedCard: { description: 'More' } }),
  agentWith(undefined, { id: 'open', default: false }),
];

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await TestIssuer.start();
});
afterEach(closeAll);
afterAll(() => issuer.close());

const start = (options: Partial<AppOptions> = {}) => startApi({ agents, ...options });

describe.each(BINDINGS)('$name', (binding) => {
  const isRpc = binding.name === 'JSON-RPC';

  it.each([
    ['no credential', {}, undefined],
    ['a wrong key', { 'X-Api-Key': 'a-wrong-key-0123456789' }, 'invalid_token'],
    ['a wrong bearer token', bearer('a-wrong-key-0123456789'), 'invalid_token'],
    ["another agent's key", BERT, 'invalid_token'],
  ])('refuses %s', async (_, headers, error) => {
    const { url, operations, log } = await start();
    const answer = await binding.call(url, 'GetTask', { id: 'a' }, headers as Record<string, string>);
    expect([answer.status, answer.error?.reason]).toEqual([401, 'UNAUTHENTICATED']);
    const challenge = answer.headers.get('WWW-Authenticate') ?? '';
    expect(challenge).toMatch(/^Bearer realm="temporal-a2a".*ApiKey realm="temporal-a2a"/);
    expect(/error="(\w+)"/.exec(challenge)?.[1]).toBe(error);
    expect(answer.body.error).toMatchObject(
      isRpc ? { code: -32000 } : { code: 401, status: 'UNAUTHENTICATED' },
    );
    expect(operations.calls).toEqual([]);
    expect(JSON.stringify([log, answer.body, challenge])).not.toMatch(/a-wrong-key|key-of-(anna|bert)/);
  });

  it.each(['X-Api-Key', 'Authorization'])('knows the owner by %s', async (name) => {
    const { url, operations } = await start();
    const key = ANNA['X-Api-Key'] ?? '';
    const headers = { [name]: name === 'X-Api-Key' ? key : `Bearer ${key}` };
    expect((await binding.call(url, 'ListTasks', {}, headers)).status).toBe(200);
    expect(operations.calls[0]?.call.owner).toBe('key:anna');
  });

  it('knows the owner by a token', async () => {
    const jwt = [{ issuer: issuer.url, audience: AUDIENCE, scopes: ['a2a'] }];
    const { url, operations } = await start({ agents: [agentWith({ jwt })] });
    const token = await issuer.token({ scope: 'a2a' });
    expect((await binding.call(url, 'ListTasks', {}, bearer(token))).status).toBe(200);
    expect(operations.calls[0]?.call.owner).toBe(`jwt:${issuer.url}#anna`);
    const { status, headers, error } = await binding.call(url, 'ListTasks', {}, bearer(await issuer.token()));
    expect([status, error?.reason]).toEqual([403, 'PERMISSION_DENIED']);
    expect(headers.get('WWW-Authenticate')).toContain('error="insufficient_scope", scope="a2a"');
  });

  it('is unavailable, not closed, while the keys of an issuer cannot be had', async () => {
    const jwt = [{ issuer: issuer.url, audience: AUDIENCE, jwksUrl: 'http://127.0.0.1:1/keys' }];
    const { url } = await start({ agents: [agentWith({ jwt })] });
    const { status, headers, error } = await binding.call(url, 'ListTasks', {}, bearer(await issuer.token()));
    expect([status, error?.reason]).toEqual([isRpc ? 200 : 503, 'UNAVAILABLE']);
    expect(headers.get('Retry-After')).toBe('2');
  });

  it('tells who may not call an agent the same as if there were none', async () => {
    const { url } = await start();
    const answers = await Promise.all(
      ['echo', 'closed', 'nobody'].map(async (id) => {
        const { status, headers, body } = await binding.call(`${url}/a2a/${id}`, 'GetTask', { id: 'a' });
        return { status, challenge: headers.get('WWW-Authenticate'), body };
      }),
    );
    expect(answers[0]?.status).toBe(401);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    const foreign = await Promise.all(
      ['closed', 'nobody'].map((id) => binding.call(`${url}/a2a/${id}`, 'GetTask', { id: 'a' }, ANNA)),
    );
    expect(foreign[0]?.status).toBe(401);
    expect(foreign[1]?.body).toEqual(foreign[0]?.body);
  });

  it('tells who may call every agent that there is no such one', async () => {
    const { url } = await start({ agents: [agentWith(annaOnly)] });
    const { error } = await binding.call(`${url}/a2a/nobody`, 'GetTask', { id: 'a' }, ANNA);
    expect(error?.reason).toBe('NOT_FOUND');
  });

  it('asks again for the agent that the tenant chooses', async () => {
    const { url, operations } = await start();
    const list = (tenant: string, headers: Record<string, string>) =>
      binding.call(url, 'ListTasks', { tenant }, headers);
    expect((await list('closed', BERT)).status).toBe(200);
    expect(operations.calls[0]?.call).toMatchObject({ owner: 'key:bert', agent: { id: 'closed' } });
    expect((await list('closed', ANNA)).error?.reason).toBe('UNAUTHENTICATED');
    expect((await list('nobody', ANNA)).error?.reason).toBe('UNAUTHENTICATED');
    expect((await list('open', {})).status).toBe(200);
    expect(operations.calls.at(-1)?.call.owner).toBe('anonymous');
  });

  it('opens no stream for who is not known', async () => {
    const { url, operations } = await start();
    for (const [method, params] of [
      ['SendStreamingMessage', { message: userMessage() }],
      ['SubscribeToTask', { id: 'a' }],
    ] as const) {
      expect((await binding.call(url, method, params)).status).toBe(401);
    }
    expect(operations.calls).toEqual([]);
  });

  it('shows the extended card only to known callers', async () => {
    const { url } = await start();
    const at = `${url}/a2a/closed`;
    expect((await binding.call(at, 'GetExtendedAgentCard', {})).status).toBe(401);
    const { result } = await binding.call(at, 'GetExtendedAgentCard', {}, BERT);
    expect(result).toMatchObject({ description: 'More', securitySchemes: { apiKey: expect.anything() } });
  });

  it('decides before it reads a body', async () => {
    const { url } = await start({ agents: [agentWith(annaOnly)] });
    for (const at of [url, `${url}/a2a/echo`]) {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = httpRequest(
          isRpc ? at : `${at}/message:send`,
          { method: 'POST', headers: { ...JSON_V1, 'Content-Length': '1000' } },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
            sent.destroy();
          },
        );
        sent.on('error', reject);
        // Only the beginning, so that whoever waits for the body does not answer.
        sent.write('{');
      });
      expect(status).toBe(401);
    }
  });
});

it('knows no path of an agent for who may not call it', async () => {
  const { url } = await start();
  const answer = async (method: string, path: string, headers: Record<string, string> = {}) =>
    (await fetch(url + path, { method, headers: { ...V1, ...headers } })).status;
  for (const path of ['/a2a/closed', '/a2a/nobody', '/a2a/closed/nothing/here', '/a2a/nobody/nothing/here']) {
    // The URL of an agent is that of its card, which everybody may read.
    if (path.includes('nothing')) expect([path, await answer('GET', path)]).toEqual([path, 401]);
    expect([path, await answer('PUT', path)]).toEqual([path, 401]);
  }
  expect(await answer('GET', '/a2a/closed/nothing/here', BERT)).toBe(404);
  expect(await answer('PUT', '/a2a/closed', BERT)).toBe(405);
  expect(await answer('GET', '/a2a/closed')).toBe(200);
  expect(await answer('GET', '/nothing')).toBe(404);
});

it('lists to each caller the agents that it may call, and shows every card to who knows where it is', async () => {
  const { url } = await start();
  const listed = async (headers: Record<string, string> = {}) => {
    const { agents: found } = (await (await fetch(`${url}/a2a`, { headers })).json()) as {
      agents: { id: string }[];
    };
    return found.map(({ id }) => id);
  };
  expect(await listed()).toEqual(['open']);
  expect(await listed(ANNA)).toEqual(['echo', 'open']);
  expect(await listed(BERT)).toEqual(['closed', 'open']);
  expect((await fetch(`${url}/a2a/closed/.well-known/agent-card.json`)).status).toBe(200);
});

it('asks once for all agents with the same authentication', async () => {
  const shared = agentWith(annaOnly);
  const others = ['a', 'b', 'c'].map((id) => ({ ...shared, id, default: false }));
  const { url } = await start({ agents: [shared, ...others] });
  const asked = jest.spyOn(ApiKeys.prototype, 'ownerOf');
  const answer = await fetch(`${url}/a2a`, { headers: ANNA });
  expect(((await answer.json()) as { agents: object[] }).agents).toHaveLength(4);
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
});

it('says in the log why it has refused', async () => {
  const jwt = [{ issuer: issuer.url, audience: AUDIENCE }];
  const { url, log } = await start({ agents: [agentWith({ jwt })] });
  await fetch(`${url}/tasks`, { headers: { ...V1, ...bearer(await issuer.token({ aud: 'others' })) } });
  expect(log).toContainEqual(
    expect.objectContaining({ msg: 'refused', why: 'unexpected "aud" claim value' }),
  );
});

const OLD_MESSAGE = { messageId: 'm-old', role: 'user', parts: [{ kind: 'text', text: 'hi' }] };
const rpc = (method: string, params: object) => ({ jsonrpc: '2.0', id: 1, method, params });

it.each([
  ['0.3 over JSON-RPC', '/a2a/echo', rpc('tasks/get', { id: 'a' })],
  ['0.3 over HTTP+JSON', '/a2a/echo/v1/message:send', { message: OLD_MESSAGE }],
  [
    '0.2',
    '/',
    rpc('tasks/send', { id: 'a', message: { role: 'user', parts: [{ type: 'text', text: 'hi' }] } }),
  ],
  ['agent-native', '/_agent-native/a2a', rpc('message/send', { message: OLD_MESSAGE })],
])('asks clients of %s as well', async (_, path, body) => {
  const { url, operations } = await start();
  const post = (headers: Record<string, string>) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  for (const headers of [{}, BERT, bearer('a-wrong-key-0123456789')] as Record<string, string>[]) {
    const answer = await post(headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer realm=/);
  }
  expect(operations.calls).toEqual([]);
  for (const headers of [ANNA, bearer(ANNA['X-Api-Key'] ?? '')] as Record<string, string>[]) {
    expect((await post(headers)).status).not.toBe(401);
    expect(operations.calls.at(-1)?.call.owner).toBe('key:anna');
  }
});
