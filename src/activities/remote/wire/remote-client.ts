import type { SendMessageRequest, SendMessageResponse, StreamResponse, Task } from '../../../a2a/types';
import type { WireVersion } from '../card/remote-card';
import type { RemoteFault } from '../fault';

/** An event of a stream: what it says, or why that cannot be read. One of a kind that is not known says nothing. */
export interface RemoteEvent {
  response: StreamResponse;
  unreadable?: RemoteFault;
  /** SSE ID, when the agent gives any. */
  position?: string;
}

export interface SubscribeOptions {
  signal: AbortSignal;
  /** Where an earlier stream stopped. */
  lastEventId?: string;
}

export interface GetOptions {
  signal: AbortSignal;
  /** Messages of the history at most; what the agent gives by itself when left out. */
  historyLength?: number;
}

/**
 * A remote agent over one binding and version, in A2A 1.0 JSON. What it answers is checked by its form;
 * whether it answers what was asked is up to the caller. Everything throws RemoteFault or OutboundError, or
 * the reason of the signal.
 */
export interface RemoteClient {
  /** Kept with the progress of a call, since a card does not always tell it. */
  readonly version: WireVersion;
  /** Whether its streams leave something to be guessed, so that only `get` tells a task exactly. */
  readonly approximate: boolean;
  send(request: SendMessageRequest, signal: AbortSignal): Promise<SendMessageResponse>;
  stream(request: SendMessageRequest, signal: AbortSignal): AsyncGenerator<RemoteEvent>;
  get(id: string, options: GetOptions): Promise<Task>;
  cancel(id: string, signal: AbortSignal): Promise<Task>;
  subscribe(id: string, options: SubscribeOptions): AsyncGenerator<RemoteEvent>;
}

/** How long things may take, in ms. */
export interface RemoteLimits {
  /** A send may be answered only when the work is done. */
  sendMs: number;
  /** Any other request. */
  requestMs: number;
  /** Silence on a stream. */
  streamIdleMs: number;
}

export const REMOTE_LIMITS: RemoteLimits = {
  sendMs: 10 * 60_000,
  requestMs: 30_000,
  streamIdleMs: 5 * 60_000,
};
