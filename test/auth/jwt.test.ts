import { SignJWT, UnsecuredJWT } from 'jose';
import type { AuthenticatorOptions } from '../../src/auth/authenticator';
import type { AuthenticationInput } from '../../src/config/authentication';
import { AUDIENCE, makeKey, TestIssuer } from './issuer';
import { agentWith, bearer, callerOf } from './support';

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await TestIssuer.start();
});
afterEach(() => issuer.close());

type Jwt = NonNullable<AuthenticationInput['jwt']>[number];

function caller(more: Partial<Jwt> = {}, times: AuthenticatorOptions['times'] = { cooldownMs: 0 }) {
  const jwt = [{ issuer: issuer.url, audience: AUDIENCE, ...more }];
  const call = callerOf([agentWith({ jwt })], { times });
  return (token: string) => call(bearer(token));
}

const REFUSED = { reason: 'UNAUTHENTICATED', message: 'The credentials are not valid' };

it('takes issuer and subject as the owner', async () => {
  expect(await caller()(await issuer.token({ sub: 'anna' }))).toBe(`jwt:${issuer.url}#anna`);
  expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
});

it('hashes what a search attribute cannot hold unchanged', async () => {
  const call = caller();
  const [long, other] = ['a', 'b'].map((end) => 'x'.repeat(300) + end);
  const owners = [
    await call(await issuer.token({ sub: long ?? '' })),
    await call(await issuer.token({ sub: other ?? '' })),
    await call(await issuer.token({ sub: '\ud800' })),
    await call(await issuer.token({ sub: '\ufffd' })),
  ];
  expect(new Set(owners).size).toBe(4);
  expect(owners[0]).toMatch(/^jwt:sha256:[0-9a-f]{64}$/);
});

it.each([
  ['of another audience', () => issuer.token({ aud: 'https://other.test' })],
  ['of another issuer', () => issuer.token({ iss: 'https://other.test' })],
  ['that is not good yet', () => issuer.token({ nbf: Math.floor(Date.now() / 1000) + 600 })],
  ['that never ends', () => issuer.token({ exp: undefined })],
  ['without a subject', () => issuer.token({ sub: undefined })],
  ['with an empty subject', () => issuer.token({ sub: '' })],
  ['of a key that is not published', async () => issuer.token({}, await makeKey())],
  [
    'without a signature',
    async () => new UnsecuredJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'a', exp: 9e9 }).encode(),
  ],
  [
    'signed with a shared secret',
    async () =>
      new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'a', exp: 9e9 })
        .setProtectedHeader({ alg: 'HS256', kid: issuer.published[0]?.kid ?? '' })
        .sign(new TextEncoder().encode(JSON.stringify(issuer.published[0]?.publicJwk))),
  ],
  [
    'that was changed',
    async () => (await issuer.token()).replace(/\.[^.]+\./, (part) => part.replace(/.\.$/, 'A.')),
  ],
  ['that is no token', async () => 'not-a-token'],
  ['that is nearly one', async () => 'a.b.c'],
])('refuses a token %s', async (_, make) => {
  await expect(caller()(await make())).rejects.toMatchObject({
    ...REFUSED,
    headers: { 'WWW-Authenticate': 'Bearer realm="temporal-a2a", error="invalid_token"' },
  });
});

it('says that a token has expired, and tolerates what the clocks may differ', async () => {
  const now = Math.floor(Date.now() / 1000);
  await expect(caller()(await issuer.token({ exp: now - 60 }))).rejects.toMatchObject({
    message: 'The token has expired',
    headers: {
      'WWW-Authenticate': expect.stringContaining('error_description="The token has expired"') as string,
    },
  });
  expect(await caller({ clockTolerance: '5m' })(await issuer.token({ exp: now - 60 }))).toMatch(/^jwt:/);
});

it('asks nobody about a token of an issuer that it does not trust', async () => {
  await expect(caller()(await issuer.token({ iss: 'http://127.0.0.1:1' }))).rejects.toMatchObject(REFUSED);
  expect(issuer.asked).toEqual([]);
});

it('takes only the algorithms that are configured', async () => {
  await issuer.rotate('RS256');
  await expect(caller({ algorithms: ['ES256'] })(await issuer.token())).rejects.toMatchObject(REFUSED);
  expect(await caller({ algorithms: ['RS256'] })(await issuer.token())).toMatch(/^jwt:/);
});

it.each([
  ['scope', { scope: 'read a2a' }],
  ['scp as a list', { scp: ['a2a', 'read'] }],
  ['scp as a text', { scp: 'a2a' }],
])('asks for scopes in %s', async (_, claims) => {
  const call = caller({ scopes: ['a2a'] });
  expect(await call(await issuer.token(claims))).toMatch(/^jwt:/);
  await expect(call(await issuer.token({ scope: 'read a2a2' }))).rejects.toMatchObject({
    reason: 'PERMISSION_DENIED',
    headers: { 'WWW-Authenticate': 'Bearer realm="temporal-a2a", error="insufficient_scope", scope="a2a"' },
  });
});

describe('The keys', () => {
  it('are fetched again for one that is not among them, and kept for all that are', async () => {
    const call = caller();
    await call(await issuer.token());
    await call(await issuer.token());
    expect(issuer.asked.filter((path) => path === '/keys')).toHaveLength(1);
    const old = issuer.published[0];
    await issuer.rotate();
    expect(await call(await issuer.token())).toMatch(/^jwt:/);
    await expect(call(await issuer.token({}, old))).rejects.toMatchObject(REFUSED);
  });

  it('are not fetched again for each unknown one', async () => {
    const call = caller({}, { cooldownMs: 60_000 });
    await call(await issuer.token());
    const unknown = await makeKey();
    for (let count = 0; count < 5; count++) {
      await expect(call(await issuer.token({}, unknown))).rejects.toMatchObject(REFUSED);
    }
    expect(issuer.asked.filter((path) => path === '/keys')).toHaveLength(1);
  });

  it('may be at a URL of their own', async () => {
    expect(await caller({ jwksUrl: `${issuer.url}/keys` })(await issuer.token())).toMatch(/^jwt:/);
    expect(issuer.asked).toEqual(['/keys']);
  });

  it('are found by the metadata of OAuth 2.0 where there is no OpenID Connect', async () => {
    const realm = `${issuer.url}/realm`;
    issuer.misbehave = (path, res) => {
      if (path !== '/.well-known/oauth-authorization-server/realm') return false;
      res.end(JSON.stringify({ issuer: realm, jwks_uri: `${issuer.url}/keys` }));
      return true;
    };
    const call = caller({ issuer: realm });
    expect(await call(await issuer.token({ iss: realm }))).toBe(`jwt:${realm}#anna`);
    expect(issuer.asked[0]).toBe('/realm/.well-known/openid-configuration');
  });

  const UNAVAILABLE = { reason: 'UNAVAILABLE', headers: { 'Retry-After': '2' } };

  it.each([
    [
      'answers with an error',
      (res: { writeHead(status: number): { end(): void } }) => res.writeHead(500).end(),
    ],
    ['answers with something else', (res: { end(text: string): void }) => res.end('<html>')],
    ['answers with no keys', (res: { end(text: string): void }) => res.end('{}')],
    [
      'answers with far too much',
      (res: { end(text: string): void }) => res.end(`{"keys":[],"x":"${'x'.repeat(2 ** 20)}"}`),
    ],
    ['does not answer', () => undefined],
  ])("are not the token holder's fault when the issuer %s", async (_, answer) => {
    issuer.misbehave = (path, res) => {
      if (path !== '/keys') return false;
      answer(res);
      return true;
    };
    const call = caller({}, { timeoutMs: 200 });
    await expect(call(await issuer.token())).rejects.toMatchObject(UNAVAILABLE);
  });

  it.each([
    ['not asked for again right after a failure', 60_000],
    ['there again when the issuer is', 0],
  ])('are %s', async (_, failureMs) => {
    issuer.misbehave = (_path, res) => {
      res.writeHead(500).end();
      return true;
    };
    const call = caller({}, { failureMs });
    await expect(call(await issuer.token())).rejects.toMatchObject(UNAVAILABLE);
    const asked = issuer.asked.length;
    issuer.misbehave = () => false;
    const answer = call(await issuer.token());
    if (failureMs === 0) return expect(await answer).toMatch(/^jwt:/);
    await expect(answer).rejects.toMatchObject(UNAVAILABLE);
    expect(issuer.asked).toHaveLength(asked);
  });

  it('are not believed when the metadata are of another issuer', async () => {
    issuer.misbehave = (path, res) => {
      if (path === '/keys') return false;
      res.end(JSON.stringify({ issuer: 'https://other.test', jwks_uri: `${issuer.url}/keys` }));
      return true;
    };
    await expect(caller()(await issuer.token())).rejects.toMatchObject(UNAVAILABLE);
  });

  it('stay good while new ones cannot be had, for the tokens that they fit', async () => {
    const call = caller({}, { maxAgeMs: 0, cooldownMs: 0 });
    await call(await issuer.token());
    const known = await issuer.token();
    await issuer.rotate();
    const unknown = await issuer.token();
    issuer.misbehave = (_path, res) => {
      res.writeHead(503).end();
      return true;
    };
    expect(await call(known)).toMatch(/^jwt:/);
    await expect(call(unknown)).rejects.toMatchObject(UNAVAILABLE);
  });
});
