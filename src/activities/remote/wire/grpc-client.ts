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
import type { Transport } from '@a2a-js/sdk/client';
import type { SendMessageRequest, SendMessageResponse, StreamResponse, Task } from '../../../a2a/types';
import type { TlsIdentity } from '../../../outbound/outbound-client';
import type { RemoteInterface } from '../card/remote-card';
import { RemoteFault, toFault } from '../fault';
import type { AgentConnection } from './agent-connection';
import { readSendResponse, readStreamResponse, readTask } from './answers';
import type { GrpcConnections } from './grpc-connections';
import type { GetOptions, RemoteClient, RemoteEvent, RemoteLimits, SubscribeOptions } from './remote-client';

export interface GrpcClientOptions {
  at: RemoteInterface;
  connection: AgentConnection;
  limits: RemoteLimits;
  grpc: GrpcConnections;
  tls: TlsIdentity | undefined;
  /** Whether the card came over https. */
  secure: boolean;
}

interface CallOptions {
  signal: AbortSignal;
  serviceParameters: Record<string, string>;
}

/** A2A 1.0 and 0.3 over gRPC: the official SDK speaks, this checks and limits. */
export class GrpcClient implements RemoteClient {
  readonly version: '1.0' | '0.3';
  readonly approximate: boolean;
  private readonly sdkCard: AgentCard;
  private readonly tenant: { tenant: string };

  constructor(private readonly options: GrpcClientOptions) {
    const { url, binding, version, tenant = '' } = options.at;
    this.version = version === '1.0' ? '1.0' : '0.3';
    // In 0.3 the SDK leaves out `append` of artifact updates.
    this.approximate = this.version === '0.3';
    const known = { url, protocolBinding: binding, protocolVersion: this.version, tenant };
    this.sdkCard = AgentCard.fromJSON({ name: 'agent', supportedInterfaces: [known] });
    this.tenant = { tenant };
  }

  async send(request: SendMessageRequest, signal: AbortSignal): Promise<SendMessageResponse> {
    const { sendMs } = this.options.limits;
    return await this.ask('sending the message', sendMs, signal, async (transport, options) => {
      const answer = await transport.sendMessage(this.toSdk(request), options);
      return readSendResponse(
        'role' in answer ? { message: SdkMessage.toJSON(answer) } : { task: SdkTask.toJSON(answer) },
      );
    });
  }

  stream(request: SendMessageRequest, signal: AbortSignal): AsyncGenerator<RemoteEvent> {
    const { sendMs } = this.options.limits;
    return this.read('streaming the message', sendMs, { signal }, (transport, options) =>
      transport.sendMessageStream(this.toSdk(request), options),
    );
  }

  subscribe(id: string, options: SubscribeOptions): AsyncGenerator<RemoteEvent> {
    const request = SubscribeToTaskRequest.fromJSON({ id, ...this.tenant });
    return this.read(
      'subscribing to the task',
      this.options.limits.requestMs,
      options,
      (transport, sdkOptions) => transport.resubscribeTask(request, sdkOptions),
    );
  }

  async get(id: string, { signal, historyLength }: GetOptions): Promise<Task> {
    const { requestMs } = this.options.limits;
    const request = GetTaskRequest.fromJSON({
      id,
      ...(historyLength !== undefined && { historyLength }),
      ...this.tenant,
    });
    return await this.ask('getting the task', requestMs, signal, async (transport, options) =>
      readTask(SdkTask.toJSON(await transport.getTask(request, options))),
    );
  }

  async cancel(id: string, signal: AbortSignal): Promise<Task> {
    const { requestMs } = this.options.limits;
    const request = CancelTaskRequest.fromJSON({ id, ...this.tenant });
    return await this.ask('cancelling the task', requestMs, signal, async (transport, options) =>
      readTask(SdkTask.toJSON(await transport.cancelTask(request, options))),
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
    call: (transport: Transport, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeMs + 1_000)]);
    try {
      const transport = await this.transport();
      return await call(transport, { signal: limited, serviceParameters: await this.parameters() });
    } catch (error) {
      throw faultOf(error, doing, signal, limited.aborted);
    }
  }

  private async *read(
    doing: string,
    firstMs: number,
    { signal, lastEventId }: SubscribeOptions,
    open: (transport: Transport, options: CallOptions) => AsyncGenerator<SdkStreamResponse>,
  ): AsyncGenerator<RemoteEvent> {
    const { streamIdleMs } = this.options.limits;
    const seen = new Set<string>();
    const idle = new AbortController();
    let timer = setTimeout(() => idle.abort(), firstMs + 1_000);
    const limited = AbortSignal.any([signal, idle.signal]);
    try {
      const transport = await this.transport();
      const serviceParameters = await this.parameters();
      if (lastEventId !== undefined) serviceParameters['Last-Event-ID'] = lastEventId;
      for await (const event of open(transport, { signal: limited, serviceParameters })) {
        clearTimeout(timer);
        const read = readEvent(event);
        if (this.approximate) guessAppend(read.response, seen);
        yield read;
        timer = setTimeout(() => idle.abort(), streamIdleMs + 1_000);
      }
    } catch (error) {
      throw faultOf(error, doing, signal, limited.aborted);
    } finally {
      clearTimeout(timer);
    }
  }

  private async parameters(): Promise<Record<string, string>> {
    return { 'A2A-Version': this.version, ...(await this.options.connection.headers()) };
  }

  private transport(): Promise<Transport> {
    const { at, grpc, secure, tls } = this.options;
    return grpc.transport(at, this.sdkCard, { secure, tls });
  }
}

function readEvent(event: SdkStreamResponse): RemoteEvent {
  try {
    return { response: readStreamResponse(SdkStreamResponse.toJSON(event)) ?? {} };
  } catch (error) {
    return { response: {}, unreadable: toFault(error, 'reading its stream') };
  }
}

function faultOf(error: unknown, doing: string, signal: AbortSignal, timedOut: boolean): unknown {
  if (signal.aborted) return signal.reason;
  if (timedOut) return new RemoteFault('A2A_REMOTE_TIMEOUT', `failed while ${doing}: no answer in time`);
  return toFault(error, doing);
}

/** Pieces of an artifact that was there before are taken as further pieces, which they nearly always are. */
function guessAppend({ task, artifactUpdate }: StreamResponse, seen: Set<string>): void {
  for (const { artifactId } of task?.artifacts ?? []) seen.add(artifactId);
  if (artifactUpdate === undefined) return;
  const { artifactId } = artifactUpdate.artifact;
  if (seen.has(artifactId)) artifactUpdate.append = true;
  seen.add(artifactId);
}
