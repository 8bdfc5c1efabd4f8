import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageRequest } from '@a2a-js/sdk';
import Koa from 'koa';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { BridgeError } from '../../src/a2a/errors';
import type { AuditRecord } from '../../src/audit/audit';
import { createAuthenticator } from '../../src/auth/authenticator';
import { createKey } from '../../src/cli/keys';
import { FakeStream } from '../api/fake-operations';
import * as http from '../api/harness';
import * as rpc from '../grpc/harness';
import { eventually } from '../support/eventually';
import { message } from '../support/harness';
import { collectSpans } from '../tracing/spans';

afterEach(async () => {
  await Promise.all([http.closeAll(), rpc.closeAll()]);
});

const SAID = 'what nobody else may read';
const KEY = 'the-key-of-anna-0123456789';

let directory = '';
let keyFile = '';
/** A key of the key file, and its ID. */
let bert = { key: '', id: '' };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'audit-'));
  keyFile = join(directory, 'keys.json');
  bert = JSON.parse((await createKey('bert', { file: keyFile, json: true })).text);
});
afterAll(() => rmSync(directory, { recursive: true }));

const withKeys = (more: object = {}) => {
  const authentication = { apiKeys: [{ owner: 'anna', values: ['env:AUDIT_TEST_KEY'] }], keyFile };
  const agents = [
    http.makeAgent({ authentication, ...more }),
    http.makeAgent({ id: 'other', default: false, authentication }),
  ];
  return { agents, authenticate: createAuthenticator(agents, { env: { AUDIT_TEST_KEY: KEY } }) };
};

function collect() {
  const records: AuditRecord[] = [];
  const audit = (record: AuditRecord) => {
    records.push(record);
  };
  const next = () => eventually(() => records.shift());
  return { records, audit, next };
}

const COMMON = {
  time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  outcome: 'OK',
  status: 200,
  agent: 'echo',
  taskId: expect.any(String),
  contextId: expect.any(String),
  owner: 'key:anna',
  credential: 'api-key',
  address: '127.0.0.1',
  requestId: 'mine',
  milliseconds: expect.any(Number),
};

const headers = { ...http.JSON_V1, 'X-Request-Id': 'mine', 'X-Api-Key': KEY };
const metadata = { 'x-request-id': 'mine', 'x-api-key': KEY };
const params = () => ({ message: message(SAID) });

it('tells who has done what from where, over every binding and version', async () => {
  const { audit, next, records } = collect();
  const spans = collectSpans();
  const { tracing } = spans;
  const { url } = await http.startApi({ ...withKeys(), audit, tracing });
  const { v1, v03 } = await rpc.startGrpc({ ...withKeys(), audit, tracing });
  const said: AuditRecord[] = [];
  const post = async (path: string, body: object) => {
    await (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).text();
    said.push(await next());
    return said.at(-1);
  };
  const send = { ...COMMON, operation: 'SendMessage', version: '1.0' };
  const traceId = expect.stringMatching(/^[0-9a-f]{32}$/);
  expect(await post('/message:send', params())).toEqual({ ...send, traceId, binding: 'HTTP+JSON' });
  const call = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: params() };
  expect(await post('/', call)).toEqual({ ...send, traceId, binding: 'JSONRPC' });
  await v1.call('sendMessage', SendMessageRequest.fromJSON(params()), metadata);
  said.push(await next());
  expect(said.at(-1)).toEqual({ ...send, traceId, binding: 'GRPC' });
  expect(spans.all().map((span) => span.traceId)).toEqual(said.map((record) => record.traceId));

  await v03.call('getTask', { name: `tasks/${said[2]?.taskId}` }, metadata);
  expect(await next()).toMatchObject({
    operation: 'GetTask',
    version: '0.3',
    binding: 'GRPC',
    taskId: said[2]?.taskId,
  });
  const old = { jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { id: said[0]?.taskId } };
  const { 'A2A-Version': _, ...unversioned } = headers;
  await fetch(url, { method: 'POST', headers: unversioned, body: JSON.stringify(old) });
  expect(await next()).toMatchObject({ operation: 'GetTask', version: '0.3', binding: 'JSONRPC' });
  await fetch(`${url}/tasks/${said[0]?.taskId}:cancel`, { method: 'POST', headers, body: '{}' });
  expect(await next()).toMatchObject({ operation: 'CancelTask', taskId: said[0]?.taskId });
  expect(JSON.stringify([...said, ...records])).not.toContain(SAID);
  expect(JSON.stringify([...said, ...records])).not.toContain(KEY);
});

it('tells of a stream when it has ended', async () => {
  const { audit, next, records } = collect();
  const api = await http.startApi({ ...withKeys(), audit });
  const { v1, operations } = await rpc.startGrpc({ ...withKeys(), audit });
  const stream = () =>
    new FakeStream()
      .push({ task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } } })
      .push({
        artifactUpdate: {
          taskId: 't',
          contextId: 'c',
          artifact: { artifactId: 'a', parts: [{ text: SAID }] },
        },
      });
  const told = {
    operation: 'SendStreamingMessage',
    outcome: 'OK',
    taskId: 't',
    contextId: 'c',
    owner: 'key:anna',
  };
  const first = stream();
  api.operations.nextStream = first;
  const body = JSON.stringify(params());
  const response = await fetch(`${api.url}/message:stream`, { method: 'POST', headers, body });
  expect(records).toEqual([]);
  first.end();
  await response.text();
  const overHttp = await next();
  operations.nextStream = stream().end();
  await rpc.readStream(v1.stream('sendStreamingMessage', SendMessageRequest.fromJSON(params()), metadata));
  const overGrpc = await next();
  for (const record of [overHttp, overGrpc]) {
    expect(record).toMatchObject(told);
    expect(JSON.stringify(record)).not.toContain(SAID);
  }
});

describe('tells of what was refused:', () => {
  const WRONG = 'not-the-key-of-anyone-0123';
  const get = (url: string, key: string) =>
    fetch(url, { headers: { ...http.V1, ...(key !== '' && { 'X-Api-Key': key }) } });

  it('401, with the agent that was asked for', async () => {
    const { audit, next, records } = collect();
    const { url } = await http.startApi({ ...withKeys(), audit });
    const { v1 } = await rpc.startGrpc({ ...withKeys(), audit });
    const refused = { outcome: 'UNAUTHENTICATED', status: 401, address: '127.0.0.1' };
    await get(`${url}/a2a/other/tasks/t`, WRONG);
    const first = await next();
    expect(first).toMatchObject({ ...refused, operation: 'GetTask', agent: 'other' });
    expect(first).not.toHaveProperty('owner');
    await fetch(url, { method: 'POST', headers: http.JSON_V1, body: JSON.stringify({ method: SAID }) });
    expect(await next()).toEqual({
      ...{ ...refused, binding: 'JSONRPC', time: expect.any(String) },
      ...{ requestId: expect.any(String), milliseconds: expect.any(Number) },
    });
    await rpc.failure(v1.call('getTask', { id: 't', tenant: 'other' }, { 'x-api-key': WRONG }));
    expect(await next()).toMatchObject({ ...refused, operation: 'GetTask', agent: 'other', binding: 'GRPC' });
    expect(records).toEqual([]);
  });

  it('401 for a key that has expired, with whose it is', async () => {
    const { audit, next } = collect();
    const { url } = await http.startApi({ ...withKeys(), audit });
    const { v1 } = await rpc.startGrpc({ ...withKeys(), audit });
    await get(`${url}/tasks/t`, bert.key);
    expect(await next()).toMatchObject({ status: 404, owner: 'key:bert', credential: `api-key:${bert.id}` });
    const made = JSON.parse((await createKey('carl', { file: keyFile, json: true, expires: '1ms' })).text);
    const expired = { status: 401, owner: 'key:carl', credential: `api-key:${made.id}` };
    await eventually(async () => {
      await get(`${url}/tasks/t`, made.key);
      expect(await next()).toMatchObject(expired);
      return true;
    });
    await eventually(async () => {
      await rpc.failure(v1.call('getTask', { id: 't' }, { 'x-api-key': made.key }));
      expect(await next()).toMatchObject({ ...expired, binding: 'GRPC' });
      return true;
    });
  });

  it('403', async () => {
    const { audit, next } = collect();
    const authenticate = () => {
      throw new BridgeError('PERMISSION_DENIED', 'not you');
    };
    const { url } = await http.startApi({ authenticate, audit });
    const { v1 } = await rpc.startGrpc({ authenticate, audit });
    await get(`${url}/tasks/t`, '');
    expect(await next()).toMatchObject({ outcome: 'PERMISSION_DENIED', status: 403, operation: 'GetTask' });
    await rpc.failure(v1.call('getTask', { id: 't' }));
    expect(await next()).toMatchObject({ outcome: 'PERMISSION_DENIED', status: 403, binding: 'GRPC' });
  });

  it('404 of a task and of a path, and 200 of a card not', async () => {
    const { audit, next, records } = collect();
    const { url } = await http.startApi({ ...withKeys(), audit });
    const { v1 } = await rpc.startGrpc({ ...withKeys(), audit });
    const missing = { outcome: 'TASK_NOT_FOUND', status: 404, operation: 'GetTask', taskId: 'none' };
    await get(`${url}/tasks/none`, KEY);
    expect(await next()).toMatchObject({ ...missing, owner: 'key:anna' });
    await rpc.failure(v1.call('getTask', { id: 'none' }, { 'x-api-key': KEY }));
    expect(await next()).toMatchObject({ ...missing, owner: 'key:anna' });
    await get(`${url}/.well-known/agent-card.json`, '');
    await get(`${url}/nothing/here`, '');
    expect(await next()).toMatchObject({ outcome: 'NOT_FOUND', status: 404 });
    expect(records).toEqual([]);
  });

  it('429, with whose call it was', async () => {
    const { audit, next } = collect();
    const quotas = { requestsPerSecond: 0.001 };
    const { url } = await http.startApi({ ...withKeys(), quotas, audit });
    const { v1 } = await rpc.startGrpc({ ...withKeys(), quotas, audit });
    const refused = { outcome: 'RESOURCE_EXHAUSTED', status: 429, owner: 'key:anna', agent: 'echo' };
    await eventually(async () => {
      await get(`${url}/tasks/none`, KEY);
      expect(await next()).toMatchObject(refused);
      return true;
    });
    await eventually(async () => {
      await rpc.failure(v1.call('getTask', { id: 'none' }, { 'x-api-key': KEY }));
      expect(await next()).toMatchObject({ ...refused, binding: 'GRPC' });
      return true;
    });
  });
});

it('tells who has decoded payloads, and who may not', async () => {
  const { audit, next } = collect();
  const authenticate = createAuthenticator([withKeys().agents[0] ?? {}], { env: { AUDIT_TEST_KEY: KEY } });
  const { url } = await http.startApi({ ...withKeys(), audit, codecServer: { codecs: [], authenticate } });
  const ask = async (way: string, key: string) => {
    const body = JSON.stringify({ payloads: [{ data: Buffer.from(SAID).toString('base64') }] });
    await fetch(`${url}/codec/${way}`, {
      method: 'POST',
      headers: { ...http.JSON_V1, 'X-Api-Key': key },
      body,
    });
    return next();
  };
  const decoded = await ask('decode', KEY);
  expect(decoded).toEqual({
    ...{ time: expect.any(String), operation: 'DecodePayloads', binding: 'HTTP', outcome: 'OK', status: 200 },
    ...{ owner: 'key:anna', credential: 'api-key', address: '127.0.0.1' },
    ...{ requestId: expect.any(String), milliseconds: expect.any(Number) },
  });
  expect(await ask('encode', KEY)).toMatchObject({ operation: 'EncodePayloads', status: 200 });
  expect(await ask('default/decode', 'wrong')).toMatchObject({ operation: 'DecodePayloads', status: 401 });
});

it('believes X-Forwarded-For in an app that trusts its proxy, and not otherwise', async () => {
  const { audit, next } = collect();
  const { url, app } = await http.startApi({ audit });
  const forwarded = { headers: { ...http.V1, 'X-Forwarded-For': '192.0.2.7' } };
  await fetch(`${url}/tasks/none`, forwarded);
  expect(await next()).toMatchObject({ address: '127.0.0.1' });
  const koa = new Koa({ proxy: true });
  koa.use(app.middleware('/agents'));
  const server = koa.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/agents/tasks/none`, forwarded);
  server.close();
  expect(await next()).toMatchObject({ address: '192.0.2.7', operation: 'GetTask' });
});

it.each([
  [
    'throws',
    () => {
      throw new Error('no disk');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('no disk');
    },
  ],
])('a function that %s fails no request', async (_, audit) => {
  const api = await http.startApi({ audit });
  const { v1, log } = await rpc.startGrpc({ audit });
  const body = JSON.stringify(params());
  const response = await fetch(`${api.url}/message:send`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
  await v1.call('sendMessage', SendMessageRequest.fromJSON(params()));
  for (const lines of [api.log, log]) {
    await eventually(() => lines.some(({ msg }) => msg === 'the audit function has failed'));
  }
});

it('without an audit function nobody is told who calls', async () => {
  const api = await http.startApi(withKeys());
  await fetch(`${api.url}/tasks/none`, { headers });
  await eventually(() => api.log.some(({ msg }) => msg === 'request'));
  expect(JSON.stringify(api.log)).not.toContain('key:anna');
});
