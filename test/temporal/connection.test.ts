import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { Server as GrpcServer, type handleUnaryCall, ServerCredentials, status } from '@grpc/grpc-js';
import { temporal } from '@temporalio/proto';
import { connectTemporal } from '../../src/temporal/connection';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes';
import { readTemporalTarget } from '../../src/temporal/target';
import { hasOpenssl, makeCertificates } from '../support/certificates';
import { startTcpProxy } from '../support/tcp-proxy';
import { cleanUpAfterAll, connectTestTemporal, eventually } from '../support/temporal';

const { INDEXED_VALUE_TYPE_KEYWORD, INDEXED_VALUE_TYPE_TEXT } = temporal.api.enums.v1.IndexedValueType;
const HOME = { HOME: '/nowhere' };

describe('readTemporalTarget', () => {
  it('is the local server unless something says otherwise; empty variables say nothing', () => {
    const target = { address: 'localhost:7233', namespace: 'default' };
    expect(readTemporalTarget({ ...HOME, TEMPORAL_ADDRESS: '', TEMPORAL_API_KEY: '' })).toMatchObject(target);
  });

  it('reads address, namespace and API key, which turns TLS on; a flag goes first', () => {
    const env = { ...HOME, TEMPORAL_ADDRESS: 'a:1', TEMPORAL_NAMESPACE: 'n', TEMPORAL_API_KEY: 'k' };
    const target = readTemporalTarget(env, { namespace: 'flag' });
    expect(target).toMatchObject({
      address: 'a:1',
      namespace: 'flag',
      connectionOptions: { address: 'a:1', apiKey: 'k', tls: true },
    });
  });

  it.each([
    ['1', {}],
    ['Yes', {}],
    ['FALSE', false],
  ])('takes %j for TEMPORAL_TLS', (TEMPORAL_TLS, tls) => {
    expect(readTemporalTarget({ ...HOME, TEMPORAL_TLS }).connectionOptions.tls).toEqual(tls);
  });

  it.each(['temporal', 'temporal.example:7233', '10.0.0.1:7233', '[::1]:7233'])(
    'takes the address %s',
    (TEMPORAL_ADDRESS) => {
      expect(readTemporalTarget({ ...HOME, TEMPORAL_ADDRESS }).address).toBe(TEMPORAL_ADDRESS);
    },
  );

  it.each([
    [
      { TEMPORAL_ADDRESS: 'http://localhost:7233' },
      /is no URL: expected host:port, such as localhost:7233, got "http/,
    ],
    [
      { TEMPORAL_ADDRESS: 'https://t.example:7233/' },
      /such as t\.example:7233, and TEMPORAL_TLS=true for TLS, got "https:.*\(TEMPORAL_ADDRESS, or the profile's/,
    ],
    [{ TEMPORAL_ADDRESS: 'a b' }, /the address of Temporal is a host and a port: .*, got "a b"/],
    [{ TEMPORAL_TLS: 'maybe' }, /^TEMPORAL_TLS: expected "true" or "false", got "maybe"$/],
    [
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/none' },
      /^TEMPORAL_TLS_CLIENT_CERT_PATH: there is no such file: \/none$/,
    ],
    [
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/none' },
      /^TEMPORAL_TLS_SERVER_CA_CERT_PATH: there is no such file/,
    ],
    [
      { TEMPORAL_TLS_CLIENT_KEY_PATH: __filename },
      /^TEMPORAL_TLS_CLIENT_KEY_PATH is of no use without TEMPORAL_TLS_CLIENT_CERT_PATH$/,
    ],
    [{ TEMPORAL_CONFIG_FILE: '/none.toml' }, /^TEMPORAL_CONFIG_FILE: there is no such file: \/none\.toml$/],
    [{ TEMPORAL_CONFIG_FILE: __filename }, /connection\.test\.ts cannot be used: .*TOML/],
    [
      { TEMPORAL_PROFILE: 'none' },
      /^TEMPORAL_PROFILE: there is no profile "none" in Temporal's configuration file$/,
    ],
  ])('refuses %j and says what is expected', (env, message) => {
    expect(() => readTemporalTarget({ ...HOME, ...env })).toThrow(message);
  });
});

/** A server that others than Temporal may be; closed after the tests. */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  cleanUpAfterAll(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A frontend of Temporal that answers nothing but how it would refuse a caller. */
async function refusing(code: number): Promise<string> {
  const server = new GrpcServer();
  const bytes = (value: Buffer) => value;
  const method = (name: string) => ({
    path: `/temporal.api.workflowservice.v1.WorkflowService/${name}`,
    ...{ requestStream: false, responseStream: false },
    ...{
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  });
  const refuse: handleUnaryCall<Buffer, Buffer> = (_, answer) =>
    answer({ code, details: 'Request unauthorized.' });
  server.addService(
    {
      GetSystemInfo: method('GetSystemInfo'),
      DescribeNamespace: method('DescribeNamespace'),
      CountWorkflowExecutions: method('CountWorkflowExecutions'),
    },
    {
      GetSystemInfo: ((_, answer) => answer(null, Buffer.alloc(0))) as handleUnaryCall<Buffer, Buffer>,
      DescribeNamespace: refuse,
      CountWorkflowExecutions: refuse,
    },
  );
  cleanUpAfterAll(async () => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return `127.0.0.1:${port}`;
}

/** How connecting fails: whether for good, and with which words. */
async function failureTo(
  address: string,
  env: NodeJS.ProcessEnv = {},
): Promise<[name: string, message: string]> {
  const target = readTemporalTarget({ ...HOME, ...env }, { address });
  return connectTemporal(target).then(
    () => ['none', ''],
    ({ name, message }: Error) => [name, message],
  );
}

const NOT_READY = 'TemporalNotReadyError';
const WRONG_SETTINGS = 'TemporalSettingsError';

describe('connectTemporal', () => {
  it('names the address and the reason', async () => {
    await expect(failureTo('127.0.0.1:9')).resolves.toEqual([
      NOT_READY,
      'cannot connect to Temporal at 127.0.0.1:9: Connection refused',
    ]);
  });

  it('says how to create a namespace that does not exist', async () => {
    const { address } = await connectTestTemporal();
    await expect(failureTo(address, { TEMPORAL_NAMESPACE: 'nowhere' })).resolves.toEqual([
      NOT_READY,
      `Temporal at ${address} has no namespace "nowhere"; create it with \`temporal operator namespace create ` +
        `--address ${address} --namespace nowhere\`, or name another (TEMPORAL_NAMESPACE)`,
    ]);
  });

  it.each([
    [{ TEMPORAL_TLS: 'true' }, 'TEMPORAL_TLS or another'],
    [{ TEMPORAL_API_KEY: 'key' }, 'TEMPORAL_API_KEY'],
  ])('says which setting turns TLS on where the server has none: %j', async (env, setting) => {
    const { address } = await connectTestTemporal();
    const [name, message] = await failureTo(address, env);
    expect(name).toBe(WRONG_SETTINGS);
    expect(message).toContain(`the server does not use TLS, which ${setting}`);
  });

  it("knows a web server, as Temporal's UI is one", async () => {
    const [name, message] = await failureTo(
      await listen(createHttpServer((_, response) => response.end('UI'))),
    );
    expect(name).toBe(WRONG_SETTINGS);
    expect(message).toMatch(
      /a web server without gRPC answers there, .* frontend, whose port is 7233 unless/,
    );
  });

  it.each([
    ['closes every connection', (socket: Socket) => socket.destroy()],
    ['is no gRPC server', (socket: Socket) => socket.end('220 mail.example ESMTP\r\n')],
  ])('may try again where what answers %s', async (_, serve) => {
    const [name, message] = await failureTo(await listen(createTcpServer((socket) => void serve(socket))));
    expect(name).toBe(NOT_READY);
    expect(message).toMatch(/^cannot connect to Temporal at 127\.0\.0\.1:\d+: ./);
  });

  it.each([
    ['PERMISSION_DENIED', status.PERMISSION_DENIED],
    ['UNAUTHENTICATED', status.UNAUTHENTICATED],
  ])('says which credentials are missing, or refused: %s', async (_, code) => {
    const address = await refusing(code);
    await expect(failureTo(address)).resolves.toEqual([
      WRONG_SETTINGS,
      expect.stringMatching(/wants credentials: set TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and/),
    ]);
    await expect(failureTo(address, { TEMPORAL_API_KEY: 'k', TEMPORAL_TLS: 'false' })).resolves.toEqual([
      WRONG_SETTINGS,
      expect.stringMatching(
        /refuses the credentials: TEMPORAL_API_KEY must be valid, .* namespace "default" .*\(.*unauthorized/i,
      ),
    ]);
  });

  it('tries again until it is there, and prepares it in the same round', async () => {
    const { address } = await connectTestTemporal();
    const proxy = await startTcpProxy(address);
    cleanUpAfterAll(() => proxy.close());
    await proxy.refuse();
    const failures: string[] = [];
    const temporal = await connectTemporal(readTemporalTarget(HOME, { address: proxy.address }), {
      onRetry: ({ message }) => {
        failures.push(message);
        void proxy.restore();
      },
      prepare: async () => {
        if (failures.length === 1) throw Object.assign(new Error('not yet'), grpcError(status.UNAVAILABLE));
      },
    });
    cleanUpAfterAll(() => temporal.connection.close());
    expect(failures).toEqual([
      expect.stringMatching(/^cannot connect to Temporal at .*: Connection refused$/),
      `Temporal at ${proxy.address} is not ready: not yet`,
    ]);
  });
});

function grpcError(code: number) {
  return { code, details: '', metadata: {} };
}

(hasOpenssl ? describe : describe.skip)('connectTemporal over TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'temporal-tls-'));
  const path = (name: string) => join(directory, name);
  const CA = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: path('ca.pem') };
  let own = '';
  let mutual = '';

  /** Ends TLS before Temporal. */
  async function tlsProxy(more: TlsOptions): Promise<string> {
    const [host = '', port = ''] = (await connectTestTemporal()).address.split(':');
    const read = (name: string) => readFileSync(path(name));
    const options = { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem'), ...more };
    return listen(
      createTlsServer({ ...options, ALPNProtocols: ['h2'] }, (socket) => {
        const server = connect(Number(port), host);
        pipeline(socket, server, socket, () => {});
      }),
    );
  }

  beforeAll(async () => {
    makeCertificates(directory);
    own = await tlsProxy({});
    mutual = await tlsProxy({ requestCert: true, rejectUnauthorized: true });
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each<[string, () => string, NodeJS.ProcessEnv]>([
    ['TLS', () => own, CA],
    [
      'a client certificate',
      () => mutual,
      {
        ...CA,
        TEMPORAL_TLS_CLIENT_CERT_PATH: path('client.pem'),
        TEMPORAL_TLS_CLIENT_KEY_PATH: path('client.key'),
      },
    ],
  ])('connects with %s', async (_, address, env) => {
    const { connection } = await connectTemporal(
      readTemporalTarget({ ...HOME, ...env }, { address: address() }),
    );
    await connection.close();
  });

  it.each<[string, () => string, NodeJS.ProcessEnv, RegExp]>([
    ['TLS is off', () => own, {}, /: the server uses TLS; set TEMPORAL_TLS=true/],
    [
      'the authority is unknown',
      () => own,
      { TEMPORAL_TLS: 'true' },
      /trusted here; .* TEMPORAL_TLS_SERVER_CA_CERT/,
    ],
    [
      'the name is another',
      () => own,
      { ...CA, TEMPORAL_TLS_SERVER_NAME: 'other.example' },
      /not made out to other\.example; set TEMPORAL_TLS_SERVER_NAME/,
    ],
    [
      'it wants a client certificate',
      () => mutual,
      CA,
      /wants a client certificate; set TEMPORAL_TLS_CLIENT_CERT/,
    ],
    [
      'the client certificate is none',
      () => mutual,
      { ...CA, TEMPORAL_TLS_CLIENT_CERT_PATH: path('names'), TEMPORAL_TLS_CLIENT_KEY_PATH: path('names') },
      /the client certificate for Temporal, or its key, is not a PEM file/,
    ],
  ])('says what to change when %s', async (_, address, env, message) => {
    await expect(failureTo(address(), env)).resolves.toEqual([
      WRONG_SETTINGS,
      expect.stringMatching(message),
    ]);
  });
});

describe('ensureSearchAttributes', () => {
  async function newNamespace() {
    const { connection } = await connectTestTemporal();
    const namespace = `test-${randomUUID()}`;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    // Other parts of the server learn of it a moment later.
    await eventually(async () => {
      await connection.operatorService.listSearchAttributes({ namespace });
      return true;
    });
    return { connection, namespace };
  }

  it('adds what is missing, and is content when asked again, also by two at once', async () => {
    const { connection, namespace } = await newNamespace();
    await Promise.all([
      ensureSearchAttributes(connection, namespace),
      ensureSearchAttributes(connection, namespace),
    ]);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    expect(customAttributes.A2aOwner).toBe(INDEXED_VALUE_TYPE_KEYWORD);
  });

  it('refuses one that has the wrong type', async () => {
    const { connection, namespace } = await newNamespace();
    const searchAttributes = { A2aOwner: INDEXED_VALUE_TYPE_TEXT };
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    await expect(ensureSearchAttributes(connection, namespace)).rejects.toThrow(
      `namespace "${namespace}" has search attributes of the wrong type: A2aOwner is Text, expected Keyword`,
    );
  });

  it('says what to create where it may not', async () => {
    const { connection, namespace } = await newNamespace();
    const forbidden = () => Promise.reject(Object.assign(new Error('no'), { code: 7 }));
    const cloud = new Proxy(connection, {
      get: (target, key) => {
        if (key === 'operatorService') return { listSearchAttributes: forbidden };
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(ensureSearchAttributes(cloud, namespace)).rejects.toThrow(
      /does not allow adding.*A2aUpdatedAt=Datetime/s,
    );
  });
});
