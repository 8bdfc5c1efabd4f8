import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { SendMessageRequest } from '@a2a-js/sdk';
import pino from 'pino';
import { createCallActivities } from '../../src/activities';
import { type Bridge, createBridge } from '../../src/create-bridge';
import type { WatchedAgents } from '../../src/watch-agents';
import { closeAll, type RawClient, rawClient } from '../grpc/harness';
import { testActivities } from '../support/activities';
import { eventually } from '../support/eventually';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  randomTaskQueue,
  startTestWorker,
  type TestTemporal,
} from '../support/temporal';
import { cleanUp, fileOf, type Logged, newDirectory, watch } from './support';

const taskQueue = randomTaskQueue();
const [ANNA, BERT] = ['key-of-anna-0123456789', 'key-of-bert-0123456789'];
process.env.TEST_RELOAD_ANNA = ANNA;
process.env.TEST_RELOAD_BERT = BERT;

let temporal: TestTemporal;
let path: string;
let agents: WatchedAgents;
let log: Logged[];
let bridge: Bridge;
let url: string;
let grpc: RawClient;

const agentOf = (id: string, more: object = {}) => ({ id, workflow: { type: id, taskQueue }, ...more });
const echo = agentOf('echo', { default: true });
const ticker = agentOf('ticker');

beforeAll(async () => {
  temporal = await connectTestTemporal();
  path = join(newDirectory(), 'agents.yaml');
  writeFileSync(path, fileOf([echo, ticker]));
  ({ agents, log } = await watch(path));
  const activities = { ...testActivities, ...createCallActivities({ agents }) };
  await startTestWorker({ connection: temporal.connection, taskQueue, activities });
  const { client } = temporal;
  bridge = await createBridge({ client, agents, logger: pino({ level: 'silent' }) });
  cleanUpAfterAll(() => bridge.close());
  ({ url } = await bridge.listen({ port: 0 }));
  const { address } = await bridge.listenGrpc({ port: 0 });
  grpc = rawClient(address);
}, 60_000);

afterAll(closeAll);
afterAll(cleanUp);

beforeEach(() => put([echo, ticker]));

/** Writes the file, and waits until it was read: whether it was taken. */
async function put(entries: Parameters<typeof fileOf>[0], more: object = {}): Promise<Logged> {
  const before = log.length;
  // White space of its own, so that the file is another one.
  writeFileSync(path, `${fileOf(entries, more)}\n${' '.repeat(before % 7)}\n# ${before}\n`);
  await eventually(() => log.length > before);
  return log.at(-1) as Logged;
}

async function call(target: string, params: object | undefined, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${target}`, {
    method: params === undefined ? 'GET' : 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json', ...headers },
    ...(params !== undefined && { body: JSON.stringify(params) }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

let messages = 0;
const say = (...parts: object[]) => ({
  message: { messageId: `m${messages++}`, role: 'ROLE_USER', parts },
});

/** SendMessage over gRPC, to the agent that the tenant names. */
const sendByGrpc = (tenant: string) =>
  grpc.call('sendMessage', SendMessageRequest.fromJSON({ tenant, ...say({ text: 'hi' }) }));

it('serves what was added, in all bindings, and what was removed no more', async () => {
  expect((await call('/a2a/new/message:send', say({ text: 'hi' }))).status).toBe(404);
  await expect(sendByGrpc('new')).rejects.toMatchObject({ code: 3 });
  expect(await put([echo, agentOf('new', { workflow: { type: 'echo', taskQueue } })])).toMatchObject({
    added: ['new'],
    removed: ['ticker'],
  });
  expect(bridge.agents.map(({ id }) => id)).toEqual(['echo', 'new']);
  const sent = await call('/a2a/new/message:send', say({ text: 'hi' }));
  expect(sent).toMatchObject({ status: 200, body: { task: { artifacts: [{ parts: [{ text: 'hi' }] }] } } });
  await expect(sendByGrpc('new')).resolves.toMatchObject({ payload: { $case: 'task' } });
  const rpc = {
    jsonrpc: '2.0',
    id: 1,
    method: 'SendMessage',
    params: { tenant: 'new', ...say({ text: 'hi' }) },
  };
  expect(await call('/', rpc)).toMatchObject({ body: { result: { task: {} } } });
  expect((await call('/a2a', undefined)).body).toMatchObject({ agents: [{ id: 'echo' }, { id: 'new' }] });
  expect((await call('/a2a/ticker/.well-known/agent-card.json', undefined)).status).toBe(404);
  await expect(sendByGrpc('ticker')).rejects.toMatchObject({ code: 3 });
});

it('shows the card of an agent as it is now, and tasks of one that was removed when it is back', async () => {
  const { body } = await call('/a2a/echo/message:send', say({ text: 'hi' }));
  const { id } = (body as { task: { id: string } }).task;
  const handler = bridge.requestHandler({ agentId: 'echo', url: 'http://sdk.example.com' });
  await put([ticker]);
  expect((await call(`/a2a/echo/tasks/${id}`, undefined)).status).toBe(404);
  await expect(handler.getAgentCard()).rejects.toThrow('There is no agent echo');
  await put([agentOf('echo', { default: true, description: 'Another one' }), ticker]);
  expect((await call('/.well-known/agent-card.json', undefined)).body).toMatchObject({
    description: 'Another one',
  });
  expect((await handler.getAgentCard()).description).toBe('Another one');
  expect(await call(`/a2a/echo/tasks/${id}`, undefined)).toMatchObject({ status: 200, body: { id } });
});

it('lets a stream go on whose agent changes, and is removed', async () => {
  const response = await fetch(`${url}/a2a/ticker/message:stream`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
    body: JSON.stringify(say({ data: { count: 30, intervalMs: 100 } })),
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = Buffer.from((await reader.read()).value ?? []).toString();
  await put([echo, agentOf('ticker', { description: 'Another one' })]);
  await put([echo]);
  for (let read = await reader.read(); !read.done; read = await reader.read())
    text += Buffer.from(read.value).toString();
  expect(text).toContain('TASK_STATE_COMPLETED');
  expect(text.match(/artifactUpdate/g)).toHaveLength(30);
});

it('asks who calls as the file says now', async () => {
  const keyOf = (owner: string) => ({
    apiKeys: [{ owner, values: [`env:TEST_RELOAD_${owner.toUpperCase()}`] }],
  });
  const sends = async (key?: string) =>
    (await call('/a2a/echo/message:send', say({ text: 'hi' }), key === undefined ? {} : { 'X-Api-Key': key }))
      .status;
  expect(await sends()).toBe(200);
  await put([echo], { authentication: keyOf('anna') });
  expect(await Promise.all([sends(), sends(ANNA), sends(BERT)])).toEqual([401, 200, 401]);
  await put([echo], { authentication: keyOf('bert') });
  expect(await Promise.all([sends(), sends(ANNA), sends(BERT)])).toEqual([401, 401, 200]);

  const refused = await put([echo], { authentication: keyOf('nobody') });
  expect(refused.faults).toEqual(['authentication: env:TEST_RELOAD_NOBODY is not set (API key of nobody)']);
  expect(await Promise.all([sends(ANNA), sends(BERT)])).toEqual([401, 200]);
});

it('refuses agents that everybody could call where other machines reach them', async () => {
  const authentication = { apiKeys: [{ owner: 'anna', values: ['env:TEST_RELOAD_ANNA'] }] };
  await put([echo], { authentication });
  const open = await bridge.listen({ host: '0.0.0.0', port: 0 });
  const refused = await put([echo, agentOf('free', { authentication: { anonymous: true } })], {
    authentication,
  });
  expect(refused.faults).toEqual([expect.stringMatching(/^HOST 0\.0\.0\.0 is reachable.*: free\./)]);
  expect(bridge.agents.map(({ id }) => id)).toEqual(['echo']);
  await open.close(0);
  expect(await put([echo])).toMatchObject({ level: 'info' });
});

it('answers to other host names only while its agents ask who calls', async () => {
  const named = async () => {
    const asked = get(`${url}/healthz`, { headers: { Host: 'rebound.example.com' } });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect(await named()).toBe(421);
  await put([echo], { authentication: { apiKeys: [{ owner: 'anna', values: ['env:TEST_RELOAD_ANNA'] }] } });
  expect(await named()).toBe(200);
  await put([echo]);
  expect(await named()).toBe(421);
});

it('lets workflows call what was added', async () => {
  await put([echo, ticker, agentOf('caller')]);
  const plan = (to: string) => say({ data: { calls: [{ to, say: 'hello' }], catches: true } });
  const report = async (to: string) => {
    const { body } = await call('/a2a/caller/message:send', plan(to));
    return (body as { task: { status: { message: { parts: [{ data: object[] }] } } } }).task.status.message
      .parts[0].data[0];
  };
  expect(await report('late')).toMatchObject({ failure: { type: 'A2A_NO_SUCH_AGENT' } });
  await put([echo, agentOf('caller'), agentOf('late', { workflow: { type: 'echo', taskQueue } })]);
  expect(await report('late')).toMatchObject({ text: 'hello' });
});

it('serves what a program gives it', async () => {
  const [kept] = bridge.agents;
  bridge.reload(kept === undefined ? [] : [{ ...kept, name: 'Given' }]);
  expect((await call('/.well-known/agent-card.json', undefined)).body).toMatchObject({ name: 'Given' });
});
