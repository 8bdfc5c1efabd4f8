import { closeAll, makeAgent, startApi } from './harness';

afterEach(closeAll);

// biome-ignore lint/suspicious/noExplicitAny: cards are read freely in tests
async function cardAt(url: string): Promise<any> {
  return (await fetch(url)).json();
}

const CARD = '/.well-known/agent-card.json';

test('the card of the default agent, at the root and at its own path', async () => {
  const agent = makeAgent({
    iconUrl: 'https://example.com/icon.png',
    extensions: [{ uri: 'https://example.com/extension' }],
  });
  const { url } = await startApi({ agents: [agent] });
  const outputModes = ['text/plain', 'application/json'];
  const inputModes = [...outputModes, '*/*'];
  const root = await cardAt(`${url + CARD}?A2A-Version=1.0`);
  expect(root).toEqual({
    name: 'Echo',
    description: 'Says it again',
    version: '1.0.0',
    iconUrl: 'https://example.com/icon.png',
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ],
    capabilities: {
      streaming: true,
      pushNotifications: true,
      extensions: [{ uri: 'https://example.com/extension' }],
      extendedAgentCard: false,
    },
    defaultInputModes: inputModes,
    defaultOutputModes: outputModes,
    skills: [{ id: 'echo', name: 'Echo', description: 'Says it again', tags: [], inputModes, outputModes }],
  });
  const own = await cardAt(`${url}/a2a/echo${CARD}?A2A-Version=1.0`);
  expect(own).toEqual({
    ...root,
    supportedInterfaces: [
      { url: `${url}/a2a/echo`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url: `${url}/a2a/echo`, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url: `${url}/a2a/echo`, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url: `${url}/a2a/echo`, protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ],
  });
});

test('the public URL wins over the host of the request', async () => {
  const { url } = await startApi({ publicUrl: 'https://agents.example.com/' });
  const card = await cardAt(`${url}/a2a/echo${CARD}`);
  expect(card.supportedInterfaces[0].url).toBe('https://agents.example.com/a2a/echo');
});

test('caching', async () => {
  const { url } = await startApi();
  const first = await fetch(url + CARD);
  const etag = first.headers.get('ETag') ?? '';
  const lastModified = first.headers.get('Last-Modified') ?? '';
  expect(etag).toMatch(/^"[\w-]{43}"$/);
  expect(first.headers.get('Cache-Control')).toBe('public, max-age=300');
  expect((await fetch(url + CARD)).headers.get('ETag')).toBe(etag);

  const status = async (headers: Record<string, string>) => (await fetch(url + CARD, { headers })).status;
  const before = new Date(Date.parse(lastModified) - 1000).toUTCString();
  expect(await status({ 'If-None-Match': etag })).toBe(304);
  expect(await status({ 'If-None-Match': `"other", W/${etag}` })).toBe(304);
  expect(await status({ 'If-None-Match': '"other"' })).toBe(200);
  expect(await status({ 'If-Modified-Since': lastModified })).toBe(304);
  expect(await status({ 'If-Modified-Since': before })).toBe(200);
  expect(await status({ 'If-Modified-Since': 'yesterday' })).toBe(200);
  expect(await status({ 'If-None-Match': '"other"', 'If-Modified-Since': lastModified })).toBe(200);
});
