import { mkdtempSync, readFileSync } from 'node:fs';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageRequest } from '@a2a-js/sdk';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import { Client, credentials, type ServiceDefinition, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { CallQuotas } from '../../src/api/quotas';
import type { Authenticate } from '../../src/auth/caller';
import { ConfigError } from '../../src/config/config-error';
import { readGrpcTls } from '../../src/grpc/tls';
import { FakeStream } from '../api/fake-operations';
import { makeCertificates } from '../support/certificates';
import { eventually } from '../support/eventually';
import { healthOf } from '../support/grpc-health';
import { closeAll, detailsOf, failure, rawClient, readStream, startGrpc } from './harness';

afterEach(closeAll);

const hi = SendMessageRequest.fromJSON({
  message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] },
});

function event(text: string) {
  return { message: { messageId: 'a', role: 'ROLE_AGENT' as const, parts: [{ text }] } };
}

it.each(['v1', 'v1alpha'])('lists its services by reflection, %s', async (version) => {
  const { server } = await startGrpc();
  const client = new Client(server.address, credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const call = client.makeBidiStreamRequest(path, same, same);
  // list_services: ""
  call.write(Buffer.from([0x3a, 0x00]));
  const answer = await new Promise<Buffer>((resolve, reject) => call.on('data', resolve).on('error', reject));
  call.end();
  client.close();
  const names = answer.toString('latin1').match(/[\w.]+\.(A2AService|Health)/g);
  expect(names?.sort()).toEqual(['a2a.v1.A2AService', 'grpc.health.v1.Health', 'lf.a2a.v1.A2AService']);
});

it('tells its health', async () => {
  const { server } = await startGrpc();
  for (const service of ['', 'lf.a2a.v1.A2AService', 'a2a.v1.A2AService']) {
    expect(await healthOf(server.address, service)).toBe('SERVING');
  }
  expect(await healthOf(server.address, 'other')).toBe('NOT_FOUND');
});

describe('when it stops', () => {
  it('ends streams and waiting calls with UNAVAILABLE, and takes no more', async () => {
    const { server, v1, operations } = await startGrpc();
    operations.nextStream = new FakeStream().push(event('one'));
    const stream = v1.stream('sendStreamingMessage', hi);
    const read = readStream(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    operations.gate = new Promise(() => {});
    const waiting = failure(v1.call('sendMessage', hi));
    await eventually(() => operations.calls.length === 2);
    const closed = server.close(10);
    const { events, error } = await read;
    expect([events.length, error?.code]).toEqual([1, status.UNAVAILABLE]);
    expect(await waiting).toMatchObject({ code: status.UNAVAILABLE, details: 'The server is shutting down' });
    await closed;
    await eventually(() => operations.calls[1]?.call.signal?.aborted === true);
    expect((await failure(v1.call('getTask', { id: '1' }))).code).toBe(status.UNAVAILABLE);
  });

  it('answers calls that end in time, and tells those who watch its health', async () => {
    const { server, v1, operations } = await startGrpc();
    const watch = (healthService as unknown as ServiceDefinition).Watch;
    if (watch === undefined) throw new Error('there is no such method');
    const client = new Client(server.address, credentials.createInsecure());
    const { requestSerialize, responseDeserialize } = watch;
    const watching = client.makeServerStreamRequest(watch.path, requestSerialize, responseDeserialize, {
      service: '',
    });
    const read = readStream(watching);
    await new Promise((resolve) => watching.once('data', resolve));
    let open = () => {};
    operations.gate = new Promise((resolve) => {
      open = resolve;
    });
    const sent = v1.call('sendMessage', hi);
    await eventually(() => operations.calls.length === 1);
    const closed = server.close(60_000);
    open();
    expect(await sent).toMatchObject({ payload: { $case: 'task' } });
    await closed;
    client.close();
    expect((await read).events).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
  });
});

describe('a client that reads slowly', () => {
  const MEBIBYTE = 'x'.repeat(2 ** 20);

  it('is sent no more than it takes, and told when it takes nothing for too long', async () => {
    const { server, operations } = await startGrpc({ stallMs: 200 });
    const source = new FakeStream();
    for (let i = 0; i < 50; i++) source.push(event(MEBIBYTE));
    operations.nextStream = source;
    // The client of grpc-js reads ahead; this one does not.
    const session = connect(`http://${server.address}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': A2AService.sendStreamingMessage.path,
      'content-type': 'application/grpc',
      'a2a-version': '1.0',
      te: 'trailers',
    });
    const body = A2AService.sendStreamingMessage.requestSerialize(hi);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(body.length, 1);
    stream.end(Buffer.concat([prefix, body]));
    await eventually(() => operations.calls[0]?.call.signal?.aborted === true);
    expect(source.delivered).toBeLessThan(5);
    const trailers = new Promise<IncomingHttpHeaders>((resolve) => stream.once('trailers', resolve));
    stream.resume();
    expect((await trailers)['grpc-status']).toBe(String(status.RESOURCE_EXHAUSTED));
    await eventually(() => source.returned);
    session.close();
  });

  it('gets everything when it reads', async () => {
    const { v1, operations } = await startGrpc();
    const source = new FakeStream();
    for (let i = 0; i < 20; i++) source.push(event(MEBIBYTE));
    operations.nextStream = source.end();
    const { events, error } = await readStream(v1.stream('sendStreamingMessage', hi));
    expect([events.length, error]).toEqual([20, undefined]);
  });

  it('that goes before it is let in leaves no stream behind', async () => {
    let letIn = () => {};
    const asked = new Promise<string>((resolve) => {
      letIn = () => resolve('owner');
    });
    const { v1, log } = await startGrpc({ maxStreamsPerCaller: 1, authenticate: () => asked });
    const gone = v1.stream('sendStreamingMessage', hi);
    gone.on('error', () => {});
    gone.on('metadata', () => {});
    // The second call shows that the first has come.
    const arrived = failure(v1.call('getTask', { id: 'none' }, {}, { deadline: Date.now() + 300 }));
    expect((await arrived).code).toBe(status.DEADLINE_EXCEEDED);
    gone.cancel();
    await eventually(async () =>
      log.some(({ operation, status: code }) => operation === 'SendStreamingMessage' && code === 'CANCELLED'),
    );
    letIn();
    const { error } = await readStream(v1.stream('sendStreamingMessage', hi));
    expect(error).toBeUndefined();
  });

  it('may not have more streams than others', async () => {
    const { v1, operations } = await startGrpc({ maxStreamsPerCaller: 1 });
    operations.nextStream = new FakeStream().push(event('one'));
    const first = v1.stream('sendStreamingMessage', hi);
    first.on('error', () => {});
    await new Promise((resolve) => first.once('data', resolve));
    const second = await readStream(v1.stream('sendStreamingMessage', hi));
    expect(second.error?.code).toBe(status.RESOURCE_EXHAUSTED);
    first.cancel();
    operations.nextStream = undefined;
    await eventually(async () => {
      const { error } = await readStream(v1.stream('sendStreamingMessage', hi));
      return error === undefined;
    });
  });
});

it('refuses what is over a quota, and says when to come again', async () => {
  const quotas = new CallQuotas({ requestsPerSecond: 0.005 });
  const authenticate: Authenticate = ({ header }) => header('x-owner') || 'anna';
  const { v1 } = await startGrpc({ quotas, authenticate });
  await v1.call('sendMessage', hi);
  const refused = await failure(v1.call('sendMessage', hi));
  expect([refused.code, refused.details]).toEqual([
    status.RESOURCE_EXHAUSTED,
    'You have sent more than the limit of 0.005 messages a second',
  ]);
  expect(detailsOf(refused)).toEqual({
    ErrorInfo: expect.stringMatching(/RESOURCE_EXHAUSTED.*quota.*requestsPerSecond/s),
    RetryInfo: expect.anything(),
  });
  const stream = await readStream(v1.stream('sendStreamingMessage', hi));
  expect(stream.error?.code).toBe(status.RESOURCE_EXHAUSTED);
  // Reads, and other callers.
  expect((await failure(v1.call('getTask', { id: 'none' }))).code).toBe(status.NOT_FOUND);
  await v1.call('sendMessage', hi, { 'x-owner': 'bert' });
  const large = SendMessageRequest.fromJSON({
    message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x'.repeat(2_000) }] },
  });
  const other = await startGrpc({ quotas: { bytesPerMinute: 1_000 } });
  await other.v1.call('sendMessage', large);
  expect((await failure(other.v1.call('sendMessage', hi))).details).toBe(
    'You have sent more than the limit of 1000 bytes a minute',
  );
});

it('says by its health when it cannot serve for a while', async () => {
  const { server: running } = await startGrpc();
  await expect(healthOf(running.address, '')).resolves.toBe('SERVING');
  running.setServing(false);
  await expect(healthOf(running.address, 'lf.a2a.v1.A2AService')).resolves.toBe('NOT_SERVING');
  running.setServing(true);
  await expect(healthOf(running.address, '')).resolves.toBe('SERVING');
});

it('finds out by each question about its health whether it can serve', async () => {
  let problem: Error | undefined;
  const health = async () => {
    if (problem !== undefined) throw problem;
  };
  const { server: running } = await startGrpc({ health });
  await expect(healthOf(running.address, '')).resolves.toBe('SERVING');
  problem = new Error('Temporal has no namespace "n"');
  await expect(healthOf(running.address, 'lf.a2a.v1.A2AService')).resolves.toBe('NOT_SERVING');
  await expect(healthOf(running.address, 'other')).resolves.toBe('NOT_FOUND');
  problem = undefined;
  await expect(healthOf(running.address, '')).resolves.toBe('SERVING');
});

describe('TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'a2a-grpc-tls-'));
  const path = (name: string) => join(directory, name);
  beforeAll(() => makeCertificates(directory));

  const read = (name: string) => readFileSync(path(name));
  const server = () => ({ cert: path('server.pem'), key: `file:${path('server.key')}` });

  it('is spoken when there is a certificate', async () => {
    const { server: running, v1 } = await startGrpc({}, { tls: readGrpcTls(server()) });
    const secure = rawClient(running.address, '1.0', credentials.createSsl(read('ca.pem')));
    expect(await secure.call('sendMessage', hi)).toMatchObject({ payload: { $case: 'task' } });
    expect((await failure(v1.call('sendMessage', hi))).code).toBe(status.UNAVAILABLE);
  });

  it('wants certificates of clients when there is an authority for them', async () => {
    const tls = readGrpcTls({ ...server(), clientCa: path('ca.pem') });
    const { server: running } = await startGrpc({}, { tls });
    const connectWith = (...own: [Buffer?, Buffer?]) =>
      rawClient(running.address, '1.0', credentials.createSsl(read('ca.pem'), ...own));
    const known = connectWith(read('client.key'), read('client.pem'));
    expect(await known.call('sendMessage', hi)).toMatchObject({ payload: { $case: 'task' } });
    expect((await failure(connectWith().call('sendMessage', hi))).code).toBe(status.UNAVAILABLE);
  });

  it('is refused with files that are missing, alone or of others', () => {
    const { cert, key } = server();
    expect(() => readGrpcTls({ cert })).toThrow(new ConfigError(['GRPC_TLS_CERT: requires GRPC_TLS_KEY']));
    expect(() => readGrpcTls({ clientCa: cert })).toThrow(ConfigError);
    expect(() => readGrpcTls({ cert: path('none.pem'), key })).toThrow(
      /GRPC_TLS_CERT: cannot read .*none\.pem/,
    );
    expect(() => readGrpcTls({ cert, key: path('client.key') })).toThrow(/cannot be used together/);
    expect(readGrpcTls({})).toBeUndefined();
  });
});
