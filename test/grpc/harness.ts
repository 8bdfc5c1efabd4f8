import { LegacyA2AService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import { decodeStatus } from '@a2a-js/sdk/errors/grpc';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import {
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import pino from 'pino';
import {
  type GrpcListenOptions,
  type GrpcOptions,
  type RunningGrpcServer,
  startGrpcServer,
} from '../../src/grpc/server';
import { FakeOperations } from '../api/fake-operations';
import { makeAgent } from '../api/harness';

export interface GrpcApi {
  server: RunningGrpcServer;
  operations: FakeOperations;
  /** Lines of the log, parsed. */
  log: Record<string, unknown>[];
  v1: RawClient;
  v03: RawClient;
}

const running: RunningGrpcServer[] = [];
const clients: Client[] = [];

/** gRPC on a real socket, over operations in memory; `closeAll` in `afterEach` stops it. */
export async function startGrpc(
  options: Partial<GrpcOptions> = {},
  listen: Partial<GrpcListenOptions> = {},
): Promise<GrpcApi> {
  const operations = new FakeOperations();
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => log.push(JSON.parse(line)) });
  const agents = [makeAgent(), makeAgent({ id: 'other', default: false, name: 'Other' })];
  const server = await startGrpcServer(
    { agents, operations, logger, ...options },
    { host: '127.0.0.1', port: 0, ...listen },
  );
  running.push(server);
  return { server, operations, log, v1: rawClient(server.address), v03: rawClient(server.address, '0.3') };
}

export async function closeAll(): Promise<void> {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(running.splice(0).map((server) => server.close(0)));
}

// biome-ignore lint/suspicious/noExplicitAny: messages are written and read freely in tests
type Raw = any;

export interface RawClient {
  call(
    method: string,
    request?: object,
    metadata?: Record<string, string>,
    options?: CallOptions,
  ): Promise<Raw>;
  stream(method: string, request?: object, metadata?: Record<string, string>): ClientReadableStream<Raw>;
}

const SERVICES = { '1.0': A2AService, '0.3': LegacyA2AService } as const;

/** A client of grpc-js without any of A2A; of 1.0 it says that it is. */
export function rawClient(
  address: string,
  version: '1.0' | '0.3' = '1.0',
  channel: ChannelCredentials = credentials.createInsecure(),
): RawClient {
  const definition = SERVICES[version] as ServiceDefinition;
  const Constructor = makeGenericClientConstructor(definition, 'A2AService');
  const client = new Constructor(address, channel) as Client & Record<string, (...args: Raw[]) => Raw>;
  clients.push(client);
  const usual: Record<string, string> = version === '1.0' ? { 'a2a-version': '1.0' } : {};
  const complete = (method: string, request: object) => {
    // Whatever a test leaves out is as if it had not been on the wire.
    const known = definition[method];
    if (known === undefined) throw new Error(`there is no method ${method}`);
    return { ...known.requestDeserialize(Buffer.alloc(0)), ...request };
  };
  return {
    call: (method, request = {}, metadata = {}, options = {}) =>
      new Promise((resolve, reject) => {
        const made = toMetadata({ ...usual, ...metadata });
        client[method]?.(complete(method, request), made, options, (error: unknown, answer: Raw) =>
          error ? reject(error) : resolve(answer),
        );
      }),
    stream: (method, request = {}, metadata = {}) =>
      client[method]?.(complete(method, request), toMetadata({ ...usual, ...metadata })),
  };
}

function toMetadata(entries: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) if (value !== '') metadata.set(key, value);
  return metadata;
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<ServiceError> {
  const outcome = await call.then(
    () => undefined,
    (error: ServiceError) => error,
  );
  if (outcome === undefined) throw new Error('the call has not failed');
  return outcome;
}

/** The names of an error's details and the texts in them. */
export function detailsOf(error: ServiceError): Record<string, string> {
  const [bin] = error.metadata.get('grpc-status-details-bin');
  const { details } = decodeStatus(bin as Buffer);
  return Object.fromEntries(
    details.map(({ typeUrl, value }) => [typeUrl.replace(/.*\./, ''), Buffer.from(value).toString('latin1')]),
  );
}

/** The messages of a stream and how it ended. */
export async function readStream(
  stream: ClientReadableStream<Raw>,
): Promise<{ events: Raw[]; error?: ServiceError }> {
  const events: Raw[] = [];
  return new Promise((resolve) => {
    stream.on('data', (event) => events.push(event));
    stream.on('error', (error) => resolve({ events, error: error as ServiceError }));
    stream.on('end', () => resolve({ events }));
  });
}
