import {
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  StreamResponse as SdkStreamResponse,
  Task as SdkTask,
  SendMessageRequest,
  SendMessageResponse,
  SubscribeToTaskRequest,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import type { ServiceError } from '@grpc/grpc-js';
import { createParser } from 'eventsource-parser';
import type { StreamResponse } from '../../src/a2a/types';
import { ERROR_TABLE } from '../../src/api/error-table';
import { BINDINGS } from '../api/harness';
import { detailsOf, type RawClient } from '../grpc/harness';

/** One API node, over all bindings. */
export interface Node {
  name: string;
  url: string;
  grpc: RawClient;
}

export const WIRES = ['JSON-RPC', 'HTTP+JSON', 'gRPC'] as const;
export type Wire = (typeof WIRES)[number];

/** Who calls which agent where, and how. */
export interface Way {
  node: Node;
  wire: Wire;
  /** The API key is the name. */
  owner: string;
  agent: string;
}

type Params = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: answers are read freely in tests
type Json = any;

/** What the server says; `reason` is one of the error table's. */
export class Refused extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(`${reason}: ${message}`);
  }
}

interface Codec {
  fromJSON(value: unknown): object;
  toJSON(value: never): unknown;
}

/** Request and answer of each operation, as gRPC has them. */
const GRPC: Record<string, [request: Pick<Codec, 'fromJSON'>, answer: Pick<Codec, 'toJSON'>]> = {
  SendMessage: [SendMessageRequest, SendMessageResponse],
  GetTask: [GetTaskRequest, SdkTask],
  ListTasks: [ListTasksRequest, ListTasksResponse],
  CancelTask: [CancelTaskRequest, SdkTask],
  CreateTaskPushNotificationConfig: [TaskPushNotificationConfig, TaskPushNotificationConfig],
  GetTaskPushNotificationConfig: [GetTaskPushNotificationConfigRequest, TaskPushNotificationConfig],
  ListTaskPushNotificationConfigs: [
    ListTaskPushNotificationConfigsRequest,
    ListTaskPushNotificationConfigsResponse,
  ],
  DeleteTaskPushNotificationConfig: [DeleteTaskPushNotificationConfigRequest, { toJSON: () => ({}) }],
  SendStreamingMessage: [SendMessageRequest, SdkStreamResponse],
  SubscribeToTask: [SubscribeToTaskRequest, SdkStreamResponse],
};

/** @throws Refused */
export async function call(way: Way, operation: string, params: Params): Promise<Json> {
  if (way.wire === 'gRPC') return callGrpc(way, operation, params);
  const binding = BINDINGS.find(({ name }) => name === way.wire);
  const outcome = await binding?.call(`${way.node.url}/a2a/${way.agent}`, operation, params, headersOf(way));
  if (outcome?.error !== undefined)
    throw new Refused(outcome.error.reason ?? reasonOf(outcome.error), outcome.error.message);
  return outcome?.result;
}

async function callGrpc({ node, owner, agent }: Way, operation: string, params: Params): Promise<Json> {
  const [request, answer] = codecsOf(operation);
  try {
    const sent = request.fromJSON({ ...params, tenant: agent });
    return answer.toJSON((await node.grpc.call(methodOf(operation), sent, keyOf(owner))) as never);
  } catch (error) {
    throw refusedBy(error as ServiceError);
  }
}

export interface WireEvent {
  /** Undefined over gRPC. */
  id: string | undefined;
  response: StreamResponse;
}

/** A stream that is read in the background. */
export class ReadStream {
  readonly events: WireEvent[] = [];
  /** Why it has failed, if it has. */
  failure: unknown;
  /** The reader has left before the end. */
  cut = false;
  isDone = false;
  /** Resolves at the end, however it ends. */
  readonly ended: Promise<void>;
  private readonly abort = new AbortController();

  /** @param onEvent told of each event when it comes */
  constructor(way: Way, operation: string, params: Params, options: StreamOptions = {}) {
    const { lastEventId, cutAfter = Number.POSITIVE_INFINITY, onEvent = () => {} } = options;
    const take = (event: WireEvent) => {
      if (this.cut) return;
      this.events.push(event);
      onEvent(event, this.events.length - 1);
      if (this.events.length >= cutAfter) this.leave();
    };
    const read = way.wire === 'gRPC' ? readGrpc : readSse;
    this.ended = read(way, operation, params, { lastEventId, take, signal: this.abort.signal })
      .catch((error: unknown) => {
        if (!this.cut) this.failure = error;
      })
      .then(() => {
        this.isDone = true;
      });
  }

  leave(): void {
    this.cut = true;
    this.abort.abort();
  }
}

export interface StreamOptions {
  lastEventId?: string | undefined;
  /** Number of events after which the reader leaves. */
  cutAfter?: number | undefined;
  onEvent?: ((event: WireEvent, index: number) => void) | undefined;
}

interface Reading {
  lastEventId: string | undefined;
  take: (event: WireEvent) => void;
  signal: AbortSignal;
}

async function readSse(way: Way, operation: string, params: Params, reading: Reading): Promise<void> {
  const { lastEventId, take, signal } = reading;
  const rpc = way.wire === 'JSON-RPC';
  const path = operation === 'SubscribeToTask' ? `/tasks/${params.id}:subscribe` : '/message:stream';
  const response = await fetch(`${way.node.url}/a2a/${way.agent}${rpc ? '' : path}`, {
    method: 'POST',
    headers: {
      'A2A-Version': '1.0',
      'Content-Type': 'application/json',
      ...headersOf(way),
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
    },
    body: JSON.stringify(rpc ? { jsonrpc: '2.0', id: 1, method: operation, params } : params),
    signal,
  });
  const fail = ({ error }: Json): never => {
    throw new Refused(reasonOf(error), error.message);
  };
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) fail(await response.json());
  const parser = createParser({
    onEvent: ({ id, data }) => {
      const told = JSON.parse(data) as Json;
      if (told.error !== undefined) fail(told);
      take({ id, response: rpc ? told.result : told });
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  signal.addEventListener('abort', () => void reader?.cancel().catch(() => {}));
  if (signal.aborted) await reader?.cancel();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read())
    parser.feed(decoder.decode(read.value as Uint8Array, { stream: true }));
}

function readGrpc(way: Way, operation: string, params: Params, { take, signal }: Reading): Promise<void> {
  const [request, answer] = codecsOf(operation);
  const sent = request.fromJSON({ ...params, tenant: way.agent });
  const stream = way.node.grpc.stream(methodOf(operation), sent, keyOf(way.owner));
  signal.addEventListener('abort', () => stream.cancel());
  return new Promise((resolve, reject) => {
    stream.on('data', (event) =>
      take({ id: undefined, response: answer.toJSON(event as never) as StreamResponse }),
    );
    stream.on('error', (error) => reject(refusedBy(error as ServiceError)));
    stream.on('end', resolve);
  });
}

function codecsOf(operation: string) {
  const codecs = GRPC[operation];
  if (codecs === undefined) throw new Error(`there is no operation ${operation}`);
  return codecs;
}

const methodOf = (operation: string) => `${operation[0]?.toLowerCase()}${operation.slice(1)}`;
const keyOf = (owner: string) => ({ authorization: `Bearer ${owner}` });
const headersOf = ({ owner }: Way) => keyOf(owner);

function reasonOf(error: Json): string {
  const details = (Array.isArray(error.data) ? error.data : (error.details ?? [])) as Json[];
  const info = details.find((detail) => detail['@type']?.endsWith('ErrorInfo'));
  if (info?.reason !== undefined) return info.reason;
  return details.some((detail) => detail['@type']?.endsWith('BadRequest')) || error.code === -32602
    ? 'INVALID_PARAMS'
    : 'UNKNOWN';
}

/** The reason is in the ErrorInfo among the status details. */
function refusedBy(error: ServiceError): Error {
  if (error.metadata === undefined) return error;
  const details = error.metadata.get('grpc-status-details-bin').length > 0 ? detailsOf(error) : {};
  const reason = Object.keys(ERROR_TABLE)
    .sort((a, b) => b.length - a.length)
    .find((each) => details.ErrorInfo?.includes(each));
  return new Refused(
    reason ?? (details.BadRequest === undefined ? 'UNKNOWN' : 'INVALID_PARAMS'),
    error.details || error.message,
  );
}
