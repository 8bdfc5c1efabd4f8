import { createAuthenticator } from '../../src/auth/authenticator';
import { ANONYMOUS, distinctOwner } from '../../src/bridge/owner';
import { toKeyword } from '../../src/contract/keyword';
import { AUDIENCE, TestIssuer } from './issuer';
import { agentWith, bearer, callerOf } from './support';

const env = { ANNA: 'key-of-anna-0123456789', BERT: 'key-of-bert-0123456789' };
const ANNA = [{ owner: 'anna', values: ['env:ANNA'] }];
const BERT = [{ owner: 'bert', values: ['env:BERT'] }];

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await TestIssuer.start();
});
afterAll(() => issuer.close());

const refused = { reason: 'UNAUTHENTICATED' };

it('takes a key in X-Api-Key and as bearer token, and no other way', async () => {
  const call = callerOf([agentWith({ apiKeys: ANNA })], { env });
  expect(await call({ 'X-Api-Key': env.ANNA })).toBe('key:anna');
  expect(await call(bearer(env.ANNA))).toBe('key:anna');
  expect(await call({ Authorization: `bearer  ${env.ANNA} ` })).toBe('key:anna');
  for (const headers of [
    {},
    { Authorization: env.ANNA },
    { Authorization: `Basic ${env.ANNA}` },
    { 'X-Api-Key': `Bearer ${env.ANNA}` },
    { 'X-Api-Key': env.BERT },
    { 'X-Api-Key': `${env.ANNA}, ${env.ANNA}` },
  ]) {
    await expect(call(headers)).rejects.toMatchObject(refused);
  }
});

it('tells a missing credential from a wrong one, and shows neither what was sent nor what is right', async () => {
  const call = callerOf([agentWith({ apiKeys: ANNA })], { env });
  const challenge = 'ApiKey realm="temporal-a2a", in="header", name="X-Api-Key"';
  await expect(call()).rejects.toMatchObject({
    message: 'Authentication required: send the header X-Api-Key or Authorization: Bearer',
    headers: { 'WWW-Authenticate': `Bearer realm="temporal-a2a", ${challenge}` },
  });
  const error = await call(bearer('some-other-key-012345')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    message: 'The credentials are not valid',
    headers: { 'WWW-Authenticate': `Bearer realm="temporal-a2a", error="invalid_token", ${challenge}` },
  });
  const { message, headers, cause } = error as Error & { headers: object };
  expect([message, JSON.stringify(headers), String(cause)].join()).not.toMatch(/some-other|key-of-anna/);
});

it('takes keys and tokens at once', async () => {
  const jwt = [{ issuer: issuer.url, audience: AUDIENCE }];
  const call = callerOf([agentWith({ apiKeys: ANNA, jwt })], { env });
  expect(await call(bearer(await issuer.token({ sub: 'anna' })))).toBe(`jwt:${issuer.url}#anna`);
  expect(await call(bearer(env.ANNA))).toBe('key:anna');
  expect(await call({ ...bearer(await issuer.token()), 'X-Api-Key': 'of-something-else-0' })).toMatch(
    /^jwt:/,
  );
});

it('asks each agent for its own', async () => {
  const agents = [agentWith({ apiKeys: ANNA }), agentWith({ apiKeys: BERT }), agentWith({ anonymous: true })];
  const call = callerOf(agents, { env });
  const anna = { 'X-Api-Key': env.ANNA };
  expect(await call(anna, agents[0])).toBe('key:anna');
  await expect(call(anna, agents[1])).rejects.toMatchObject(refused);
  expect(await call(anna, agents[2])).toBe(ANONYMOUS);
  expect(await callerOf([agentWith()])()).toBe(ANONYMOUS);
});

it('lets only those ask for an unknown agent who may call every agent', async () => {
  const both = [...ANNA, ...BERT];
  const agents = [agentWith({ apiKeys: both }), agentWith({ apiKeys: BERT })];
  const call = callerOf(agents, { env });
  expect(await call({ 'X-Api-Key': env.BERT }, undefined)).toBe('key:bert');
  await expect(call({ 'X-Api-Key': env.ANNA }, undefined)).rejects.toMatchObject(refused);
  const mixed = callerOf([agentWith(), agentWith({ apiKeys: ANNA })], { env });
  await expect(mixed({}, undefined)).rejects.toMatchObject(refused);
  expect(await callerOf([agentWith()])({}, undefined)).toBe(ANONYMOUS);
});

it('says at the start which keys are missing, each once', () => {
  const agents = [agentWith({ apiKeys: ANNA }), agentWith({ apiKeys: ANNA }), agentWith({ apiKeys: BERT })];
  expect(() => createAuthenticator(agents, { env: {} })).toThrow(
    /^authentication: env:ANNA is not set \(API key of anna\)\nauthentication: env:BERT is not set \(API key of bert\)$/,
  );
});

it('makes owners distinct wherever they are compared', () => {
  const owners = ['a', 'x'.repeat(300), `${'x'.repeat(299)}y`, '\ud800', '\udfff', '\ufffd', '%'.repeat(90)];
  const distinct = owners.map(distinctOwner);
  expect(new Set(distinct.map(toKeyword)).size).toBe(owners.length);
  expect(distinctOwner('a')).toBe('a');
  // Nobody can take the name that another's hash is.
  expect(distinctOwner(distinctOwner('\ud800'))).not.toBe(distinctOwner('\ud800'));
});
