import { AgentCard } from '@a2a-js/sdk';
import { LegacyA2AService, legacyGrpcService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import type { A2ARequestHandler } from '@a2a-js/sdk/server';
import { ServerCallContext } from '@a2a-js/sdk/server';
import { A2AService, type GrpcServiceOptions, grpcService } from '@a2a-js/sdk/server/grpc';
import type {
  Server,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { noteCall } from '../api/request-facts';
import { assertSpoken } from '../api/service-parameters';
import { agentHandlers, CallUser } from './agent-handlers';
import { CallHandler, type CallWatch } from './call-handler';
import { admitCaller, checkVersion, type GrpcVersion, readMetadata, TENANT_KEY } from './caller';
import { noteSdkMessage } from './call-facts';
import { checkNesting } from './nesting';
import { questionsAreFinal } from './questions-are-final';
import { sizeOf, withSizes } from './request-size';
import { RunningCall } from './running-call';
import type { GrpcServices } from './services';
import { StreamCall } from './stream-call';

type Unary = ServerUnaryCall<unknown, unknown>;
type Streaming = ServerWritableStream<unknown, unknown>;
type SdkService = (options: GrpcServiceOptions) => object;

/** A gRPC service as the SDK has it. */
interface VersionedService {
  version: GrpcVersion;
  definition: ServiceDefinition;
  serve: SdkService;
}

const SERVICES: readonly VersionedService[] = [
  { version: '1.0', definition: A2AService as ServiceDefinition, serve: grpcService },
  { version: '0.3', definition: LegacyA2AService as ServiceDefinition, serve: legacyGrpcService },
];

/** Adds the services of A2A 1.0 (specification section 10) and 0.3 to a server of grpc-js. */
export function addA2AServices(server: Server, services: GrpcServices): void {
  for (const service of SERVICES) {
    const serve = dispatcher(services, service);
    const definition = withSizes(service.definition);
    const implementation: UntypedServiceImplementation = {};
    for (const [name, { responseStream, path }] of Object.entries(definition)) {
      const operation = path.slice(path.lastIndexOf('/') + 1);
      implementation[name] = responseStream
        ? (call: Streaming) => void serveStream(services, call, operation, service.version, serve(name))
        : (call: Unary, callback: sendUnaryData<unknown>) =>
            void serveUnary(services, { call, callback, operation, version: service.version }, serve(name));
    }
    server.addService(definition, implementation);
  }
}

/** Lets a call in and hands it to the SDK's service, with the request handler of the agent that it means. */
type Dispatch = (
  running: RunningCall,
  call: Unary | Streaming,
  watch: CallWatch,
  callback?: sendUnaryData<unknown>,
) => Promise<void>;

function dispatcher(
  services: GrpcServices,
  { version, serve }: VersionedService,
): (name: string) => Dispatch {
  const handlerOf = agentHandlers(services, version);
  // The SDK looks for the version that it serves in the card that the handler gives.
  const card = AgentCard.fromJSON({
    supportedInterfaces: [{ protocolBinding: 'GRPC', protocolVersion: version }],
  });
  return (name) => async (running, call, watch, callback) => {
    const { metadata, request } = call;
    const tenant = version === '0.3' ? readMetadata(metadata, TENANT_KEY) : tenantOf(request);
    const { agent, owner } = await admitCaller(services, metadata, tenant, running.facts.audited);
    noteCall(running.facts, running.span, { agent, owner });
    running.counted = { agent, owner };
    checkVersion(metadata, version);
    assertSpoken(agent, version);
    checkNesting(request);
    services.quotas.take(running.counted, running.facts.operation, sizeOf(request));
    const requestHandler: A2ARequestHandler = new CallHandler(
      handlerOf(agent),
      card,
      watch,
      version === '0.3',
    );
    const implementation = serve({
      requestHandler,
      userBuilder: async () => new CallUser(owner, running.signal),
      contextBuilder: ({ extensions, user }) => {
        const context = new ServerCallContext({ requestedVersion: version, ...(user && { user }) });
        context.setRequestedExtensions(extensions);
        // The SDK writes the headers of a stream before the handler sees the call.
        for (const { uri } of agent.extensions) {
          if (extensions?.includes(uri) === true) context.addActivatedExtension(uri);
        }
        return context;
      },
    }) as Record<string, (call: unknown, callback?: unknown) => Promise<void>>;
    await running.span.run(() => implementation[name]?.(call, callback));
  };
}

function tenantOf(request: unknown): string {
  const { tenant } = request as { tenant?: unknown };
  return typeof tenant === 'string' ? tenant : '';
}

async function serveUnary(
  services: GrpcServices,
  {
    call,
    callback,
    operation,
    version,
  }: { call: Unary; callback: sendUnaryData<unknown>; operation: string; version: GrpcVersion },
  dispatch: Dispatch,
): Promise<void> {
  const running = new RunningCall(services, operation, version, {
    metadata: call.metadata,
    peer: call.getPeer(),
  });
  running.onFailure = (error) => callback(error);
  call.on('cancelled', () => running.clientGone());
  running.begin();
  const watch: CallWatch = {
    failed: (error) => running.noteError(error),
    taken: async () => true,
    noted: (message) => noteSdkMessage(running, message),
  };
  try {
    await dispatch(running, call, watch, (error, answer) => {
      if (error) running.failAsSdk(error);
      else if (running.succeed()) callback(null, answer, running.trailers());
    });
  } catch (error) {
    running.fail(error);
  }
}

async function serveStream(
  services: GrpcServices,
  call: Streaming,
  operation: string,
  version: GrpcVersion,
  dispatch: Dispatch,
): Promise<void> {
  const running = new RunningCall(services, operation, version, {
    metadata: call.metadata,
    peer: call.getPeer(),
  });
  const endsSend = version === '0.3' && operation === 'SendStreamingMessage';
  const stream = new StreamCall(call, running, services, endsSend ? questionsAreFinal : undefined);
  running.begin();
  try {
    await dispatch(running, stream.forSdk(), stream);
  } catch (error) {
    running.fail(error);
  }
}
