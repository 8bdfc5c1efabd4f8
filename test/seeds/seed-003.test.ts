import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { AgentCard, StreamResponse, Task } from '../../src/a2a/types';
import { AUDIENCE, TestIssuer } from '../auth/issuer';
import { type Harness, startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';

/** The workflow of the page, walked by `fetch` alone: discover, get a token, send, follow, get the artifacts. */

const SECRET = randomUUID();

let harness: Harness;
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  cleanUpAfterAll(() => issuer.close());
  const tokenEndpoint = await startTokenEndpoint();
  issuer.misbehave = (path, response) => {
    if (path !== '/.well-known/openid-configuration') return false;
    const configuration = {
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/keys`,
      token_endpoint: tokenEndpoint,
    };
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(configuration));
    return true;
  };
  const authentication = { jwt: [{ issuer: issuer.url, audience: AUDIENCE }] };
  harness = await startHarness({
    agents: [
      { id: 'ticker', authentication },
      { id: 'replier', answers: 'message', authentication },
    ],
    app: true,
  });
});

/** Gives tokens to clients that it knows (RFC 6749, section 4.4). */
async function startTokenEndpoint(): Promise<string> {
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const known = form.get('client_id') === 'hr-agent' && form.get('client_secret') === SECRET;
    const granted = known && form.get('grant_type') === 'client_credentials';
    response.writeHead(granted ? 200 : 401, { 'Content-Type': 'application/json' });
    const token = granted && { access_token: await issuer.token({ sub: 'hr-agent' }), token_type: 'Bearer' };
    response.end(JSON.stringify(token || { error: 'invalid_client' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUpAfterAll(async () => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
}

/** Step 1. */
async function discover(agentId: string): Promise<AgentCard> {
  const response = await fetch(`${harness.url}/a2a/${agentId}/.well-known/agent-card.json`, {
    headers: { 'A2A-Version': '1.0' },
  });
  return (await response.json()) as AgentCard;
}

/** Step 2: where tokens are to be had, the card says. */
async function authenticate(card: AgentCard, secret: string = SECRET): Promise<string | undefined> {
  const found = /"openIdConnectUrl":"([^"]+)"/.exec(JSON.stringify(card.securitySchemes));
  const configuration = (await (await fetch(String(found?.[1]))).json()) as { token_endpoint: string };
  const response = await fetch(configuration.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'hr-agent',
      client_secret: secret,
    }),
  });
  return ((await response.json()) as { access_token?: string }).access_token;
}

function post(card: AgentCard, method: string, content: string, token?: string): Promise<Response> {
  const at = card.supportedInterfaces.find(({ protocolBinding }) => protocolBinding === 'HTTP+JSON');
  return fetch(`${at?.url}/message:${method}`, {
    method: 'POST',
    headers: {
      'A2A-Version': '1.0',
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({
      message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: content }] },
    }),
  });
}

it('goes from the card to the artifacts', async () => {
  const card = await discover('ticker');
  expect(card).toMatchObject({
    name: 'ticker',
    skills: [{ id: 'ticker' }],
    capabilities: { streaming: true },
  });

  const token = await authenticate(card);
  expect(token).toEqual(expect.any(String));

  const sent = (await (await post(card, 'send', '2 every 5ms', token)).json()) as { task: Task };
  expect(sent.task).toMatchObject({ id: expect.any(String), contextId: expect.any(String) });

  const stream = await post(card, 'stream', '3 every 5ms', token);
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const events = (await stream.text())
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as StreamResponse);
  const taskId = events[0]?.task?.id;
  const states = events.flatMap(({ statusUpdate }) => statusUpdate ?? []);
  expect(states.every((update) => update.taskId === taskId)).toBe(true);
  expect(states.at(-1)?.status.state).toBe('TASK_STATE_COMPLETED');

  const [at] = card.supportedInterfaces;
  const got = await fetch(`${at?.url}/tasks/${taskId}`, {
    headers: { 'A2A-Version': '1.0', Authorization: `Bearer ${token}` },
  });
  const task = (await got.json()) as Task;
  expect(task).toMatchObject({ id: taskId, status: { state: 'TASK_STATE_COMPLETED' } });
  const streamed = events.flatMap(({ artifactUpdate }) => artifactUpdate?.artifact.parts ?? []);
  const textOf = (parts: { text?: string }[] = []) => parts.map((part) => part.text).join('');
  expect(textOf(task.artifacts?.[0]?.parts)).toBe('tick 1\ntick 2\ntick 3\n');
  expect(textOf(streamed)).toBe('tick 1\ntick 2\ntick 3\n');
});

describe('at the paths that the page names', () => {
  const call = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const token = await issuer.token({ sub: 'hr-agent' });
    return await fetch(`${harness.url}/a2a/ticker${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, ...headers },
      body: JSON.stringify(body),
    });
  };
  const older = () => ({
    message: { messageId: randomUUID(), role: 'user', parts: [{ kind: 'text', text: '2 every 5ms' }] },
  });
  const newer = () => ({
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: '2 every 5ms' }] },
  });
  const V1 = { 'A2A-Version': '1.0' };

  it('POST /sendMessage', async () => {
    const task = { id: expect.any(String), contextId: expect.any(String) };
    expect(await (await call('/sendMessage', older())).json()).toMatchObject({ kind: 'task', ...task });
    expect(await (await call('/sendMessage', newer(), V1)).json()).toMatchObject({ task });
    const stranger = await call('/sendMessage', older(), { Authorization: '' });
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Bearer'),
    ]);
  });

  it('POST /sendMessageStream', async () => {
    const told = await (await call('/sendMessageStream', older())).text();
    expect(told).toMatch(/event: artifactUpdate\ndata: .*"taskId":"[^"]+".*"text":"tick 2/);
    expect(told).toMatch(/"taskId":"[^"]+".*"state":"completed".*\n\n$/);
    const streamed = await call('/sendMessageStream', newer(), V1);
    expect(streamed.headers.get('content-type')).toContain('text/event-stream');
    expect(await streamed.text()).toMatch(/"taskId":"[^"]+".*TASK_STATE_COMPLETED.*\n\n$/);
  });
});

it('may be answered with a Message', async () => {
  const card = await discover('replier');
  const answer = await (await post(card, 'send', 'which year?', await authenticate(card))).json();
  expect(answer).toMatchObject({
    message: {
      role: 'ROLE_AGENT',
      contextId: expect.any(String),
      parts: [{ text: 'You said: which year?' }],
    },
  });
});

it('ends at the door without a token, and with one that is not for us', async () => {
  const card = await discover('ticker');
  expect(await authenticate(card, 'guessed')).toBeUndefined();
  const others = await issuer.token({ aud: 'https://another.test' });
  for (const token of [undefined, 'not-a-token', others]) {
    const response = await post(card, 'send', '1', token);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
  }
});
