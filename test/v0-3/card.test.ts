import { closeAll, makeAgent, startApi } from '../api/harness';

afterEach(closeAll);

const CARD = '/.well-known/agent-card.json';

const V03_FIELDS = ['url', 'preferredTransport', 'protocolVersion', 'additionalInterfaces'];

async function cardOf(url: string, version?: string) {
  const headers = version === undefined ? {} : { 'A2A-Version': version };
  const response = await fetch(url + CARD, { headers });
  return { vary: response.headers.get('Vary'), card: (await response.json()) as Record<string, unknown> };
}

test('a card is in the shape of the version that is asked for', async () => {
  const { url } = await startApi();
  const { card: v1, vary } = await cardOf(url, '1.0');
  expect(vary).toContain('A2A-Version');
  for (const field of V03_FIELDS) expect(v1).not.toHaveProperty(field);

  const { card: v03 } = await cardOf(url, '0.3.0');
  expect(v03).toMatchObject({
    url,
    preferredTransport: 'JSONRPC',
    protocolVersion: '0.3.0',
    additionalInterfaces: [
      { url, transport: 'JSONRPC' },
      { url, transport: 'HTTP+JSON' },
    ],
    capabilities: { streaming: true },
    supportsAuthenticatedExtendedCard: false,
  });
  expect(v03).not.toHaveProperty('supportedInterfaces');
  expect(v03.capabilities).not.toHaveProperty('extendedAgentCard');
});

test.each([undefined, '', '0.2', 'x'])('and in that of all when it is asked for %j', async (version) => {
  const { url } = await startApi();
  const { card } = await cardOf(url, version);
  expect(card).toEqual({ ...(await cardOf(url, '0.3')).card, ...(await cardOf(url, '1.0')).card });
});

test('an agent that speaks one version has it alone on its card', async () => {
  const agents = [
    makeAgent({ versions: ['1.0'] }),
    makeAgent({ id: 'old', default: false, versions: ['0.3'] }),
  ];
  const { url } = await startApi({ agents });
  const { card } = await cardOf(url);
  expect(card).not.toHaveProperty('url');
  expect(card.supportedInterfaces).toMatchObject([{ protocolVersion: '1.0' }, { protocolVersion: '1.0' }]);
  const old = await cardOf(`${url}/a2a/old`);
  expect(old.card.supportedInterfaces).toMatchObject([
    { protocolVersion: '0.3' },
    { protocolVersion: '0.3' },
  ]);
});
