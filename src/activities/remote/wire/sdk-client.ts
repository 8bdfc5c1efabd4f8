import {
  AgentCard,
  CancelTaskRequest,
  GetTaskRequest,
  Message as SdkMessage,
  SendMessageRequest as SdkSendMessageRequest,
  StreamResponse as SdkStreamResponse,
  Task as SdkTask,
  SubscribeToTaskRequest,
} from '@a2a-js/sdk';
import { JsonRpcTransportFactory, RestTransportFactory, type Transport } from '@a2a-js/sdk/client';
import type { ServerSentEvent } from '../../../a2a/server-sent-events';
import type { SendMessageRequest, SendMessageResponse, StreamResponse, Task } from '../../../a2a/types';
import type { TlsIdentity } from '../../../outbound/outbound-client';
import type { RemoteInterface, WireVersion } from '../card/remote-card';
import { toFault } from '../fault';
import type { AgentConnection } from './agent-connection';
import { badAnswer, readMessage, readStreamResponse, readTask } from './answers';
import type { GrpcConnections } from './grpc-connections';
import type { RemoteClient, RemoteEvent, RemoteLimits, SubscribeOptions } from './remote-client';

export interface SdkClientOptions {
  at: RemoteInterface;
  connection: AgentConnection;
  limits: RemoteLimits;
  grpc: GrpcConnections;
  /** For gRPC, which does not go through the connection. */
  tls: TlsIdentity | undefined;
  /** Whether the card came over https. */
  secure: boolean;
}

/** A2A 1.0 and 0.3 over JSON-RPC, HTTP+JSON and gRPC: the official SDK speaks, this checks and limits. */
export class SdkClient implements RemoteClient {
  readonly version: WireVersion;
  readonly approximate: boolean;
  private readonly sdkCard: AgentCard;
  private readonly tenant: { tenant: string };

  constructor(private readonly options: SdkClientOptions) {
    const { url, binding, version, tenant = '' } = options.at;
    this.version = version === '1.0' ? '1.0' : '0.3';
    // In 0.3, the SDK reads `append` of artifact updates over JSON-RPC only.
    this.approximate = this.version === '0.3' && binding !== 'JSONRPC';
    const known = { url, protocolBinding: binding, protocolVersion: this.version, tenant };
    this.sdkCard = AgentCard.fromJSON({ name: 'agent', supportedInterfaces: [known] });
    this.tenant = { tenant };
  }

  async send(request: SendMessageRequest, signal: AbortSignal): Promise<SendMessageResponse> {
    const doing = 'sending the message';
    return await this.ask(doing, this.options.limits.sendMs, signal, async (transport, options) => {
      const answer = await transport.sendMessage(this.toSdk(request), options);
      if ('role' in answer) return { message: readMessage(SdkMessage.toJSON(answer)) };
      return { task: readTask(SdkTask.toJSON(answer)) };
    });
  }

  stream(request: SendMessageRequest, signal: AbortSignal): AsyncGenerator<RemoteEvent> {
    return this.read('streaming the message', { signal }, this.options.limits.sendMs, (transport, options) =>
      transport.sendMessageStream(this.toSdk(request), options),
    );
  }

  subscribe(id: string, options: SubscribeOptions): AsyncGenerator<RemoteEvent> {
    const request = SubscribeToTaskRequest.fromJSON({ id, ...this.tenant });
    return this.read(
      'subscribing to the task',
      options,
      this.options.limits.requestMs,
      (transport, sdkOptions) => transport.resubscribeTask(request, sdkOptions),
    );
  }

  async get(id: string, signal: AbortSignal): Promise<Task> {
    return await this.ask(
      'getting the task',
      this.options.limits.requestMs,
      signal,
      async (transport, options) => {
        const task = await transport.getTask(GetTaskRequest.fromJSON({ id, ...this.tenant }), options);
        return readTask(SdkTask.toJSON(task));
      },
    );
  }

  async cancel(id: string, signal: AbortSignal): Promise<Task> {
    return await this.ask(
      'cancelling the task',
      this.options.limits.requestMs,
      signal,
      async (transport, options) => {
        const task = await transport.cancelTask(CancelTaskRequest.fromJSON({ id, ...this.tenant }), options);
        return readTask(SdkTask.toJSON(task));
      },
    );
  }

  private toSdk(request: SendMessageRequest): SdkSendMessageRequest {
    const converted = SdkSendMessageRequest.fromJSON({ ...request, ...this.tenant });
    // The SDK's codec drops `data: null`.
    for (const [index, part] of request.message.parts.entries()) {
      const sent = converted.message?.parts[index];
      if (part.data === null && sent !== undefined) sent.content = { $case: 'data', value: null };
    }
    return converted;
  }

  private async ask<T>(
    doing: string,
    timeMs: number,
    signal: AbortSignal,
    call: (
      transport: Transport,
      options: { signal: AbortSignal; serviceParameters: Record<string, string> },
    ) => Promise<T>,
  ): Promise<T> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeMs + 1_000)]);
    try {
      const transport = await this.transport(doing, { headersMs: timeMs });
      return await call(transport, { signal: limited, serviceParameters: await this.parameters() });
    } catch (error) {
      throw this.faultOf(error, doing, signal, limited.aborted);
    }
  }

  private async *read(
    doing: string,
    { signal, lastEventId }: SubscribeOptions,
    headersMs: number,
    open: (
      transport: Transport,
      options: { signal: AbortSignal; serviceParameters: Record<string, string> },
    ) => AsyncGenerator<SdkStreamResponse>,
  ): AsyncGenerator<RemoteEvent> {
    const { streamIdleMs } = this.options.limits;
    const events: ServerSentEvent[] = [];
    const seen = new Set<string>();
    const idle = new AbortController();
    // The connection limits the time over HTTP, too; for gRPC this timer is the only limit.
    let timer = setTimeout(() => idle.abort(), headersMs + 1_000);
    const limited = AbortSignal.any([signal, idle.signal]);
    try {
      const transport = await this.transport(doing, { headersMs, streamIdleMs }, (event) =>
        events.push(event),
      );
      const serviceParameters = await this.parameters();
      if (lastEventId !== undefined) serviceParameters['Last-Event-ID'] = lastEventId;
      for await (const event of open(transport, { signal: limited, serviceParameters })) {
        clearTimeout(timer);
        const position = events.shift()?.id;
        const response = readStreamResponse(SdkStreamResponse.toJSON(event));
        if (this.approximate) guessAppend(response, seen);
        yield position === undefined ? { response } : { response, position };
        timer = setTimeout(() => idle.abort(), streamIdleMs + 1_000);
      }
    } catch (error) {
      throw this.faultOf(error, doing, signal, limited.aborted);
    } finally {
      clearTimeout(timer);
    }
  }

  private faultOf(error: unknown, doing: string, signal: AbortSignal, timedOut: boolean): unknown {
    if (signal.aborted) return signal.reason;
    if (timedOut)
      return toFault({ name: 'OutboundError', failure: 'timeout', message: 'no answer in time' }, doing);
    return toFault(error, doing);
  }

  private async parameters(): Promise<Record<string, string>> {
    const { at, connection } = this.options;
    const version = { 'A2A-Version': this.version };
    return at.binding === 'GRPC' ? { ...version, ...(await connection.headers()) } : version;
  }

  private async transport(
    doing: string,
    limits: { headersMs: number; streamIdleMs?: number },
    onEvent?: (event: ServerSentEvent) => void,
  ): Promise<Transport> {
    const { at, connection, grpc, secure, tls } = this.options;
    if (at.binding === 'GRPC') return await grpc.transport(at, this.sdkCard, { secure, tls });
    const options = {
      fetchImpl: connection.fetchFor(doing, limits, onEvent),
      legacyCompat: { enabled: true },
    };
    const factory =
      at.binding === 'JSONRPC' ? new JsonRpcTransportFactory(options) : new RestTransportFactory(options);
    const transport = await factory.create(at.url, this.sdkCard);
    if (transport === undefined) throw badAnswer('has an interface that the SDK does not know');
    return transport;
  }
}

/** Pieces of an artifact that was there before are taken as further pieces, which they nearly always are. */
function guessAppend({ task, artifactUpdate }: StreamResponse, seen: Set<string>): void {
  for (const { artifactId } of task?.artifacts ?? []) seen.add(artifactId);
  if (artifactUpdate === undefined) return;
  const { artifactId } = artifactUpdate.artifact;
  if (seen.has(artifactId)) artifactUpdate.append = true;
  seen.add(artifactId);
}
