import { mkdtempSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialRef } from '../../src/contract/agent-call';
import { type Caller, failureOf, startCaller } from './calls';
import { type RawAgent, type RpcRequest, rawCard, startRawAgent, task } from './raw-agent';

const SECRET = 'top-secret-0123456789';
const env: NodeJS.ProcessEnv = { KEY: SECRET, USER_PASSWORD: 'anna:top-secret-0123456789', EMPTY: ' ' };

let agent: RawAgent;
let caller: Caller;

beforeAll(async () => {
  caller = await startCaller({ env, breaker: { failures: 1_000 } });
});

beforeEach(async () => {
  agent = await startRawAgent();
  agent.answer = (_, reply) => reply.result({ task: task('COMPLETED') });
});

function asks(schemes: Record<string, unknown>, requirements: object[] = [], more: object = {}): void {
  agent.card = rawCard(`${agent.url}/rpc`, {
    securitySchemes: schemes,
    securityRequirements: requirements,
    ...more,
  });
}

const start = (credentials: CredentialRef[]) =>
  caller.start('hi', {
    url: agent.url,
    waiting: 'poll',
    maximumAttempts: 1,
    agent: { url: agent.url, credentials },
  });

async function sent(credentials: CredentialRef[]): Promise<RpcRequest> {
  await (await start(credentials)).result();
  const request = agent.requests.at(-1);
  if (request === undefined) throw new Error('nothing was sent');
  return request;
}

const needs = (...names: string[]) => ({
  schemes: Object.fromEntries(names.map((name) => [name, { list: [] }])),
});

describe('What a card asks for is sent', () => {
  it.each([
    ['1.0', { apiKeySecurityScheme: { location: 'header', name: 'X-Key' } }],
    ['0.3', { type: 'apiKey', in: 'header', name: 'X-Key' }],
  ])('an API key in a header, as %s says it', async (_, scheme) => {
    asks({ key: scheme }, [needs('key')]);
    expect((await sent([{ value: 'env:KEY' }])).headers['x-key']).toBe(SECRET);
  });

  it('an API key in the query', async () => {
    asks({ key: { apiKeySecurityScheme: { location: 'query', name: 'k' } } }, [needs('key')]);
    expect((await sent([{ value: 'env:KEY' }])).path).toBe(`/rpc?k=${SECRET}`);
  });

  it('an API key in a cookie', async () => {
    asks({ key: { apiKeySecurityScheme: { location: 'cookie', name: 'k' } } }, [needs('key')]);
    expect((await sent([{ value: 'env:KEY' }])).headers.cookie).toBe(`k=${SECRET}`);
  });

  it('a bearer token from a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'a2a-')), 'token');
    writeFileSync(file, `${SECRET}\n`);
    asks({ http: { httpAuthSecurityScheme: { scheme: 'Bearer' } } }, [needs('http')]);
    expect((await sent([{ value: `file:${file}` }])).headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  it('a user and password', async () => {
    asks({ http: { type: 'http', scheme: 'basic' } });
    const basic = Buffer.from(env.USER_PASSWORD ?? '').toString('base64');
    expect((await sent([{ value: 'env:USER_PASSWORD' }])).headers.authorization).toBe(`Basic ${basic}`);
  });

  it('the first of several that the call can meet, whole', async () => {
    asks(
      {
        cert: { mtlsSecurityScheme: {} },
        a: { apiKeySecurityScheme: { location: 'header', name: 'a' } },
        b: { apiKeySecurityScheme: { location: 'header', name: 'b' } },
      },
      [needs('cert'), needs('a', 'b'), needs('a')],
    );
    const both = await sent([
      { scheme: 'b', value: 'env:KEY' },
      { scheme: 'a', value: 'env:USER_PASSWORD' },
    ]);
    expect(both.headers).toMatchObject({ a: env.USER_PASSWORD, b: SECRET });
    const one = await sent([{ scheme: 'a', value: 'env:KEY' }]);
    expect(one.headers.b).toBeUndefined();
  });

  it('nothing without credentials, and a bearer token and API key where the card does not say', async () => {
    asks({});
    const { headers } = await sent([]);
    expect([headers.authorization, headers['x-api-key']]).toEqual([undefined, undefined]);
    const both = { authorization: `Bearer ${SECRET}`, 'x-api-key': SECRET };
    expect((await sent([{ value: 'env:KEY' }])).headers).toMatchObject(both);
  });
});

describe('A credential that cannot be used', () => {
  it.each([
    [[{ value: SECRET }], 'env:NAME or file:PATH'],
    [[{ value: 'env:NOT_SET' }], 'env:NOT_SET is not set'],
    [[{ value: 'env:EMPTY' }], 'env:EMPTY is not set'],
    [[{ value: 'file:/does/not/exist' }], 'file:/does/not/exist cannot be read'],
    [[{ scheme: 'other', value: 'env:KEY' }], 'requires key, but the call has no matching credential'],
    [[{ clientId: 'c', clientSecret: 'env:KEY' }], 'requires key'],
  ] as [CredentialRef[], string][])('%j is not tried', async (credentials, words) => {
    asks({ key: { apiKeySecurityScheme: { location: 'header', name: 'k' } } }, [needs('key')]);
    const failure = await failureOf(await start(credentials));
    expect(failure.type).toBe('A2A_REMOTE_CREDENTIALS');
    expect(failure.message).toContain(words);
    expect(failure.message).not.toContain(SECRET);
    expect(agent.requests).toHaveLength(0);
  });
});

describe('A secret', () => {
  beforeEach(() => asks({ http: { type: 'http', scheme: 'bearer' } }));

  it('is in no failure, though the agent repeats it', async () => {
    agent.answer = ({ headers }, reply) =>
      reply.status(400, JSON.stringify({ message: headers.authorization }));
    const handle = await start([{ value: 'env:KEY' }]);
    expect((await failureOf(handle)).message).toContain('Bearer ***');
    expect(JSON.stringify(await handle.fetchHistory())).not.toContain(SECRET);
  });

  it('is in no answer, though the agent repeats it', async () => {
    agent.answer = ({ headers }, reply) =>
      reply.result({
        task: task('COMPLETED', {
          artifacts: [{ artifactId: 'a', parts: [{ data: { got: headers.authorization } }] }],
        }),
      });
    const { answer } = (await (await start([{ value: 'env:KEY' }])).result()) as { answer: object };
    expect(JSON.stringify(answer)).toContain('Bearer ***');
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });
});

describe('A token', () => {
  let issued: number;
  let life: number;
  let seen: { body: string; authorization: string | undefined }[];
  let tokenAnswer: (response: ServerResponse, authorization: string | undefined) => boolean;

  beforeEach(() => {
    issued = 0;
    life = 3_600;
    seen = [];
    tokenAnswer = () => false;
    agent.serve = (request, response) => {
      if (request.url === '/discovery') {
        response.end(JSON.stringify({ token_endpoint: `${agent.url}/token` }));
        return true;
      }
      if (request.url !== '/token') return false;
      const { authorization } = request.headers;
      seen.push({ body: '', authorization });
      if (tokenAnswer(response, authorization)) return true;
      issued += 1;
      response.end(JSON.stringify({ access_token: `token-${issued}-of-test`, expires_in: life }));
      return true;
    };
    asks({
      oauth: {
        oauth2SecurityScheme: {
          flows: { clientCredentials: { tokenUrl: `${agent.url}/token`, scopes: {} } },
        },
      },
    });
  });

  const client = [{ clientId: 'me', clientSecret: 'env:KEY' }];

  it('is fetched once and used again', async () => {
    expect((await sent(client)).headers.authorization).toBe('Bearer token-1-of-test');
    expect((await sent(client)).headers.authorization).toBe('Bearer token-1-of-test');
    expect(seen).toHaveLength(1);
    expect(seen[0]?.authorization).toBe(`Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`);
  });

  it('is renewed before it expires', async () => {
    life = 0.001;
    await sent(client);
    expect((await sent(client)).headers.authorization).not.toBe('Bearer token-1-of-test');
  });

  it('is renewed once when the agent does not accept it', async () => {
    agent.answer = ({ headers }, reply) =>
      headers.authorization === 'Bearer token-1-of-test'
        ? reply.status(401)
        : reply.result({ task: task('COMPLETED') });
    expect((await sent(client)).headers.authorization).toBe('Bearer token-2-of-test');
    agent.answer = (_, reply) => reply.status(401);
    expect((await failureOf(await start(client))).type).toBe('A2A_REMOTE_UNAUTHORIZED');
    expect(issued).toBe(3);
  });

  it('comes from the endpoint that an OpenID Connect provider announces', async () => {
    asks({ oidc: { openIdConnectSecurityScheme: { openIdConnectUrl: `${agent.url}/discovery` } } });
    expect((await sent(client)).headers.authorization).toBe('Bearer token-1-of-test');
  });

  it('is asked for with the secret in the body by who wants it so', async () => {
    tokenAnswer = (response, authorization) => {
      if (authorization === undefined) return false;
      response.writeHead(401).end('{"error":"invalid_client"}');
      return true;
    };
    await sent(client);
    expect(seen.map(({ authorization }) => authorization === undefined)).toEqual([false, true]);
  });

  it('that is refused ends the call, naming who refused', async () => {
    tokenAnswer = (response) => {
      response.writeHead(400).end(`{"error":"invalid_scope","error_description":"${SECRET}"}`);
      return true;
    };
    const failure = await failureOf(await start(client));
    expect(failure.type).toBe('A2A_REMOTE_CREDENTIALS');
    expect(failure.message).toContain(`${agent.url}/token gave no token (invalid_scope)`);
    expect(failure.message).not.toContain(SECRET);
  });

  it('is not fetched from a private address', async () => {
    asks({ oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'http://10.0.0.1/t' } } } });
    expect((await failureOf(await start(client))).type).toBe('A2A_REMOTE_REFUSED');
  });
});
