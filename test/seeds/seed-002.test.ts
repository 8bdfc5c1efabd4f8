import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { mountA2A } from '../../src';
import { A2AClient, callAgent } from '../../src/client';
import { type Harness, startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';

/** The page of agent-native, step by step: its mountA2A with a workflow for a handler, and its two ways of calling. */

const KEY = randomBytes(24).toString('hex');

let harness: Harness;
let url = '';

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'echo' }] });
  process.env.SEED_002_A2A_API_KEY = KEY;
  const app = new Koa();
  const bridge = await mountA2A(app, {
    client: harness.temporal.client,
    name: 'Analytics Agent',
    description: 'Queries analytics data across providers',
    version: '1.0.0',
    skills: [
      {
        id: 'query-data',
        name: 'Query Data',
        description: 'Run analytics queries across connected data sources',
        tags: ['analytics', 'data'],
        examples: ["What were last week's signups?", 'Show conversion rates'],
      },
    ],
    workflow: { type: 'echo', taskQueue: harness.taskQueue },
    apiKeyEnv: 'SEED_002_A2A_API_KEY', // env var holding the bearer token
    streaming: true, // enable message/stream method
  });
  app.use((ctx) => {
    ctx.body = 'a page of the app';
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cleanUpAfterAll(async () => {
    delete process.env.SEED_002_A2A_API_KEY;
    await bridge.close();
    server.close().closeAllConnections();
  });
});

const rpc = async (path: string, method: string, params: object, key?: string) => {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(key && { Authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};

const message = (text: string) => ({ role: 'user', parts: [{ type: 'text', text }] });

describe('How to enable A2A', () => {
  it('shows everybody the card of the page', async () => {
    const response = await fetch(`${url}/.well-known/agent-card.json`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      name: 'Analytics Agent',
      description: 'Queries analytics data across providers',
      url,
      version: '1.0.0',
      protocolVersion: expect.stringMatching(/^0\.3/),
      capabilities: { streaming: true },
      skills: [
        {
          id: 'query-data',
          name: 'Query Data',
          description: 'Run analytics queries across connected data sources',
        },
      ],
    });
  });

  it.each(['/_agent-native/a2a', '/a2a'])('wants the key at POST %s', async (path) => {
    for (const method of ['message/send', 'message/stream', 'tasks/get', 'tasks/cancel']) {
      for (const key of [undefined, 'wrong'.repeat(5)]) {
        const { status, headers, body } = await rpc(path, method, { id: 'x', message: message('hi') }, key);
        expect([status, body]).toMatchObject([401, { error: { code: expect.any(Number) } }]);
        expect(headers.get('www-authenticate')).toContain('Bearer');
        expect(JSON.stringify(body)).not.toContain('SEED_002');
      }
    }
    const { body } = await rpc(path, 'message/send', { message: message('hi') }, KEY);
    expect(body).toMatchObject({ result: { status: { state: 'completed' } } });
  });

  it('leaves the rest to the app', async () => {
    expect(await (await fetch(`${url}/reports`)).text()).toBe('a page of the app');
  });
});

describe('Calling another agent', () => {
  it('simple: callAgent, text in, text out', async () => {
    const answer = await callAgent(url, "What were last week's signups?", { apiKey: KEY });
    expect(answer).toBe("What were last week's signups?");
  });

  it('advanced: A2AClient', async () => {
    const client = new A2AClient(url, KEY);

    const card = await client.getAgentCard();
    expect(card.skills?.[0]?.id).toBe('query-data');

    const task = await client.send({
      role: 'user',
      parts: [{ type: 'text', text: "What were last week's signups?" }],
    });
    expect(task.status.state).toBe('completed');
    expect(task.status.message?.parts[0]).toMatchObject({ text: "What were last week's signups?" });

    const states: string[] = [];
    for await (const update of client.stream({
      role: 'user',
      parts: [{ type: 'text', text: 'Detailed breakdown by day' }],
    })) {
      states.push(update.status.state);
      if (update.status.state !== 'completed') continue;
      expect(update.status.message?.parts[0]).toMatchObject({ text: 'Detailed breakdown by day' });
    }
    expect(states[0]).toBe('submitted');
    expect(states.at(-1)).toBe('completed');
  });

  it('is refused without the key', async () => {
    await expect(callAgent(url, 'hi')).rejects.toMatchObject({ name: 'A2AClientError' });
  });
});

describe('JSON-RPC methods', () => {
  it('message/send, tasks/get and tasks/cancel, as a curl would call them', async () => {
    const path = '/_agent-native/a2a';
    const { body } = await rpc(path, 'message/send', { message: message('signups?') }, KEY);
    const { result } = body as { result: { id: string } };
    expect(result).toMatchObject({
      status: { state: 'completed', message: { parts: [{ type: 'text', text: 'signups?' }] } },
    });
    expect((await rpc(path, 'tasks/get', { id: result.id }, KEY)).body).toMatchObject({ result });
    // It has ended, so it cannot be canceled any more.
    expect((await rpc(path, 'tasks/cancel', { id: result.id }, KEY)).body).toMatchObject({
      error: { code: -32002 },
    });
  });

  it('takes every part of the table', async () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'file', file: { name: 'a.txt', mimeType: 'text/plain', bytes: 'YQ==' } },
      { type: 'data', data: { rows: [1, 2] } },
    ];
    const params = { message: { role: 'user', parts } };
    const { body } = await rpc('/_agent-native/a2a', 'message/send', params, KEY);
    expect(body).toMatchObject({ result: { status: { message: { parts } } } });
  });
});

it('does not mount an agent whose key is missing', async () => {
  const config = {
    client: harness.temporal.client,
    name: 'No key',
    description: 'Has none',
    skills: [{ id: 's', name: 'S', description: 'S' }],
    workflow: { type: 'echo' },
    apiKeyEnv: 'SEED_002_NOT_SET',
  };
  await expect(mountA2A(new Koa(), config)).rejects.toThrow('SEED_002_NOT_SET');
});
