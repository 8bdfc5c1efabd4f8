import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { type Bridge, ConfigError, createBridge, defineAgents } from '../../src';
import { eventually } from '../support/eventually';
import { type Harness, message, startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';

let harness: Harness;
let bridge: Bridge;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'echo' }, { id: 'ticker' }] });
  bridge = await createBridge({ client: harness.temporal.client, agents: harness.agents });
  cleanUpAfterAll(() => bridge.close());
});

const headers = { 'A2A-Version': '1.0', 'Content-Type': 'application/json' };

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('In another Koa app', () => {
  let url = '';

  beforeAll(async () => {
    const koa = new Koa();
    koa.use(bridge.middleware('/agents/'));
    koa.use((ctx) => {
      ctx.body = `own ${ctx.path}`;
    });
    const server = createServer(koa.callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUpAfterAll(async () => server.close().closeAllConnections());
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  it('serves agents below its prefix, and cards that say so', async () => {
    const card = await (await fetch(`${url}/agents/.well-known/agent-card.json`)).json();
    expect(card).toMatchObject({ name: 'echo', supportedInterfaces: [{ url: `${url}/agents` }, {}, {}, {}] });
    const own = await (await fetch(`${url}/agents/a2a/ticker/.well-known/agent-card.json`)).json();
    expect(own).toMatchObject({ supportedInterfaces: [{ url: `${url}/agents/a2a/ticker` }, {}, {}, {}] });
    const answer = await (await post(`${url}/agents/message:send`, { message: message('hi') })).json();
    expect(answer).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });
    const index = await fetch(`${url}/agents`);
    expect(await index.json()).toMatchObject({ agents: [{ id: 'echo' }, { id: 'ticker' }] });
  });

  it('streams', async () => {
    const body = { message: message([{ data: { count: 2, intervalMs: 1 } }]) };
    const text = await (await post(`${url}/agents/a2a/ticker/message:stream`, body)).text();
    expect(text).toContain('tick 2 of 2');
    expect(text).toContain('TASK_STATE_COMPLETED');
  });

  it('answers with errors of its own, and leaves other paths to the app', async () => {
    const missing = await fetch(`${url}/agents/tasks/none`, { headers });
    expect([missing.status, await missing.json()]).toMatchObject([404, { error: { status: 'NOT_FOUND' } }]);
    for (const path of ['/', '/agentsX', '/agents/something/else', '/message:send']) {
      expect(await (await fetch(url + path)).text()).toBe(`own ${path}`);
    }
  });
});

it('answers those who still wait when it is closed, on the server of somebody else', async () => {
  const own = await createBridge({ client: harness.temporal.client, agents: harness.agents });
  const server = createServer(own.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUpAfterAll(async () => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const contextId = randomUUID();
  const waiting = post(`${url}/a2a/ticker/message:send`, { message: message('20 every 10s', { contextId }) });
  await eventually(async () => {
    const answer = await fetch(`${url}/a2a/ticker/tasks?contextId=${contextId}`, { headers });
    return ((await answer.json()) as { totalSize: number }).totalSize === 1;
  });
  await own.close();
  expect((await waiting).status).toBe(503);
});

it('listens by itself, on loopback alone unless something authenticates', async () => {
  const server = await bridge.listen({ port: 0 });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  await expect(bridge.listen({ host: '0.0.0.0', port: 0 })).rejects.toThrow(ConfigError);
});

it('knows only the agents it was given', async () => {
  const url = 'http://agents.test';
  expect((await bridge.requestHandler({ url }).getAgentCard()).name).toBe('echo');
  expect(() => bridge.requestHandler({ agentId: 'nobody', url })).toThrow(RangeError);
});

it('says what is wrong with agents that are defined in code', () => {
  const agent = { id: 'a', name: 'A', description: 'A', skills: [], workflow: { type: 'a' } };
  const skill = { id: 's', name: 'S', description: 'S' };
  expect(() => defineAgents([agent])).toThrow(/^agents\[0\]\.skills: expected at least 1 entry/);
  const [defined] = defineAgents([{ ...agent, skills: [skill] }]);
  expect(defined?.workflow).toEqual({ type: 'a', taskQueue: 'temporal-a2a' });
});
