import { AgentCard } from '@a2a-js/sdk';
import { closeAll, startApi } from '../api/harness';
import { agentWith } from './support';

process.env.TEST_CARD_KEY = 'key-for-the-card-0123456789';
const apiKeys = [{ owner: 'anna', values: ['env:TEST_CARD_KEY'] }];
const jwt = [{ issuer: 'https://id.test/', audience: 'us', scopes: ['a2a'] }];

afterEach(closeAll);

async function cardOf(
  authentication: Parameters<typeof agentWith>[0],
  version?: string,
): Promise<Record<string, unknown>> {
  const { url } = await startApi({ agents: [agentWith(authentication)] });
  const headers: Record<string, string> = version === undefined ? {} : { 'A2A-Version': version };
  return (await (await fetch(`${url}/.well-known/agent-card.json`, { headers })).json()) as never;
}

const OIDC = 'https://id.test/.well-known/openid-configuration';

it('is in the form of 1.0 for who asks for 1.0', async () => {
  const card = await cardOf({ apiKeys, jwt }, '1.0');
  expect(card.securitySchemes).toEqual({
    apiKey: { apiKeySecurityScheme: { location: 'header', name: 'X-Api-Key', description: 'An API key' } },
    bearer: { httpAuthSecurityScheme: { scheme: 'bearer', description: 'An API key or access token' } },
    openIdConnect: {
      openIdConnectSecurityScheme: {
        openIdConnectUrl: OIDC,
        description: 'Access tokens of https://id.test/',
      },
    },
  });
  expect(card.securityRequirements).toEqual([
    { schemes: { apiKey: { list: [] } } },
    { schemes: { bearer: { list: [] } } },
    { schemes: { openIdConnect: { list: ['a2a'] } } },
  ]);
  expect(card).not.toHaveProperty('security');
});

it('is in the form of 0.3 for who asks for 0.3', async () => {
  const card = await cardOf({ apiKeys, jwt }, '0.3');
  expect(card.securitySchemes).toEqual({
    apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'An API key' },
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key or access token' },
    openIdConnect: {
      type: 'openIdConnect',
      openIdConnectUrl: OIDC,
      description: 'Access tokens of https://id.test/',
    },
  });
  expect(card.security).toEqual([{ apiKey: [] }, { bearer: [] }, { openIdConnect: ['a2a'] }]);
});

it('is read by the clients of both by default', async () => {
  const card = await cardOf({ apiKeys, jwt });
  expect(card.securitySchemes).toMatchObject({
    apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', apiKeySecurityScheme: { name: 'X-Api-Key' } },
  });
  // The Go SDK reads no other form, the others read this one too.
  expect(card.securityRequirements).toEqual([
    { schemes: { apiKey: [] } },
    { schemes: { bearer: [] } },
    { schemes: { openIdConnect: [] } },
  ]);
  expect(card.security).toEqual([{ apiKey: [] }, { bearer: [] }, { openIdConnect: ['a2a'] }]);
  const read = AgentCard.fromJSON(card);
  expect(read.securityRequirements.map(({ schemes }) => Object.keys(schemes))).toEqual([
    ['apiKey'],
    ['bearer'],
    ['openIdConnect'],
  ]);
  expect(read.securitySchemes.apiKey?.scheme?.$case).toBe('apiKeySecurityScheme');
});

it('names no issuer to ask where the keys have a URL of their own, and the format of tokens where there are no keys', async () => {
  const own = jwt.map((each) => ({ ...each, jwksUrl: 'https://id.test/keys' }));
  const { securitySchemes } = await cardOf({ jwt: own }, '1.0');
  expect(securitySchemes).toEqual({
    bearer: {
      httpAuthSecurityScheme: { scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' },
    },
  });
});

it('says nothing of what is not asked for', async () => {
  for (const authentication of [undefined, { anonymous: true as const }]) {
    const card = await cardOf(authentication);
    expect(Object.keys(card).filter((key) => key.startsWith('security'))).toEqual([]);
  }
});
