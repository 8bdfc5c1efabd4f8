import type { Metadata, ServerWritableStream, ServiceError } from '@grpc/grpc-js';
import { BridgeError, shuttingDown } from '../a2a/errors';
import { noteSdkMessage } from './call-facts';
import type { CallWatch } from './call-handler';
import type { RunningCall } from './running-call';
import type { GrpcServices } from './services';

type Streaming = ServerWritableStream<unknown, unknown>;

/**
 * A call that is answered with a stream. The SDK's service writes without asking whether the client reads; here
 * one event waits for the client at most, and a client that takes none for too long is told so.
 */
export class StreamCall implements CallWatch {
  private flushed: Promise<void> = Promise.resolve();
  private counted: (() => void) | undefined;

  constructor(
    private readonly call: Streaming,
    private readonly running: RunningCall,
    private readonly services: GrpcServices,
    /** What the client is sent in the place of an event. */
    private readonly tell: (event: unknown) => unknown = (event) => event,
  ) {
    running.onFailure = (error) => {
      // As grpc-js wants the status of a stream.
      call.emit('error', error);
    };
    // What a client has not read stays with it until then, also after the call has failed.
    const release = () => {
      this.counted?.();
      this.counted = undefined;
    };
    call.once('finish', release);
    call.on('cancelled', () => {
      release();
      running.clientGone();
    });
  }

  failed(error: unknown): void {
    this.running.noteError(error);
  }

  noted(message: object): void {
    noteSdkMessage(this.running, message);
  }

  async taken(): Promise<boolean> {
    const { signal } = this.running;
    let stop: () => void = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const stall = setTimeout(() => this.running.fail(tooSlow()), this.services.stallMs);
    await Promise.race([this.flushed, stopped]);
    clearTimeout(stall);
    signal.removeEventListener('abort', stop);
    return !signal.aborted;
  }

  /** What the SDK's service uses of a call. */
  forSdk(): Streaming {
    const { call, running } = this;
    const adapter = {
      request: call.request,
      metadata: call.metadata,
      sendMetadata: (metadata: Metadata) => {
        // Whoever went while it was asked who calls will not go a second time, so would be counted for ever.
        if (running.hasEnded) return;
        this.count();
        call.sendMetadata(metadata);
      },
      write: (event: unknown) => this.write(event),
      emit: (_name: 'error', error: Partial<ServiceError>) => running.failAsSdk(error),
      end: () => {
        if (running.succeed()) call.end(running.trailers());
      },
    };
    return adapter as unknown as Streaming;
  }

  /** @throws BridgeError RESOURCE_EXHAUSTED when the caller has too many streams, UNAVAILABLE during shutdown */
  private count(): void {
    try {
      const { counted } = this.running;
      if (counted === undefined) throw new Error('the call was not admitted');
      this.counted = this.services.streams.add(counted, () => this.running.fail(shuttingDown()));
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  private write(event: unknown): void {
    const { agent = '' } = this.running.facts;
    if (this.running.hasEnded) return;
    this.services.metrics.add('a2a_stream_events_total', { binding: 'GRPC', agent });
    this.flushed = new Promise((resolve) => {
      this.call.write(this.tell(event), () => resolve());
    });
  }
}

function tooSlow(): BridgeError {
  return new BridgeError('RESOURCE_EXHAUSTED', 'The client has not read the stream for too long', {
    headers: { 'Retry-After': '1' },
  });
}
