import { closeAll, makeAgent, startApi } from '../api/harness';

afterEach(closeAll);

it('is served where clients of the time look', async () => {
  const api = await startApi();
  const own = await fetch(`${api.url}/a2a/echo/.well-known/agent.json`);
  expect(own.headers.get('content-type')).toContain('application/json');
  const card = await own.json();
  const outputModes = ['text/plain', 'application/json'];
  const inputModes = [...outputModes, '*/*'];
  expect(card).toEqual({
    name: 'Echo',
    description: 'Says it again',
    url: `${api.url}/a2a/echo`,
    version: '1.0.0',
    capabilities: { streaming: true, pushNotifications: expect.any(Boolean), stateTransitionHistory: false },
    authentication: { schemes: [] },
    defaultInputModes: inputModes,
    defaultOutputModes: outputModes,
    skills: [{ id: 'echo', name: 'Echo', description: 'Says it again', tags: [], inputModes, outputModes }],
  });
  const root = await (await fetch(`${api.url}/.well-known/agent.json`)).json();
  expect(root).toEqual({ ...(card as object), url: api.url });
});

it('is not served for an agent that does not speak 0.2', async () => {
  const api = await startApi({ agents: [makeAgent({ versions: ['1.0', '0.3'] })] });
  expect((await fetch(`${api.url}/.well-known/agent.json`)).status).toBe(400);
});

it('names the ways to say who calls', async () => {
  process.env.TEST_OLD_CARD_KEY = 'key-for-the-old-card-0123456789';
  const apiKeys = [{ owner: 'anna', values: ['env:TEST_OLD_CARD_KEY'] }];
  const jwt = [{ issuer: 'https://id.test/', audience: 'us' }];
  const api = await startApi({ agents: [makeAgent({ authentication: { apiKeys, jwt } })] });
  const card = await (await fetch(`${api.url}/.well-known/agent.json`)).json();
  expect(card).toMatchObject({ authentication: { schemes: ['apiKey', 'Bearer', 'openIdConnect'] } });
});
