import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import { type BridgeError, shuttingDown } from '../a2a/errors';
import type { StreamEvent, TaskStream } from '../bridge/types';
import type { OpenStreams } from './open-streams';
import type { CountedCall } from './quotas';

export interface SseOptions {
  streams: OpenStreams;
  /** Under whose quotas it comes. */
  call: CountedCall;
  /** Longest time without a byte of a stream that is open. */
  heartbeatMs: number;
  /** Longest time without a byte while it is being opened: what refuses it by then is a proper error. */
  openMs: number;
  /** Longest time that a client may leave what was written unread. */
  stallMs: number;
  /** Text around each event's JSON, the same for the whole stream. */
  before: string;
  after: string;
  /** Is given each event before it is written. */
  onEvent: (event: StreamEvent) => void;
  /** The last event of a stream that fails after it has begun. */
  errorEvent: (error: unknown) => string;
}

/** From this length on, an event is encoded once for all that read it. */
const LONG_EVENT = 2_048;

/**
 * Serves a TaskStream as Server-Sent Events (specification sections 9.4.2 and 11.7), to the end of the stream,
 * of the client or of the server, whichever comes first.
 *
 * Headers wait for the first event, so that an error before it is a proper error: it is thrown. They do not
 * wait for ever, because clients give up when no byte comes: until the stream is open, and one heartbeat from then on.
 *
 * Resolves when the first event is written, or the stream has ended without one: what waits for a request to be
 * answered should not be kept for the hours that a stream may last.
 * @param onEnd called when the stream has ended, unless it throws
 */
export async function serveEvents(
  ctx: Context,
  open: (signal: AbortSignal) => Promise<TaskStream>,
  options: SseOptions,
  onEnd: () => void,
): Promise<void> {
  const response = new EventResponse(ctx.res, options, onEnd);
  await response.begin(open);
  ctx.respond = false;
}

/** One stream on its way to one client; as small as can be, since there are thousands. */
class EventResponse {
  private readonly abort = new AbortController();
  private readonly remove: () => void;
  private heartbeat: NodeJS.Timeout;
  private stall: NodeJS.Timeout | undefined;
  private stream: TaskStream | undefined;
  private ended = false;
  /** Of whoever waits for the first event. */
  private waiting: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  /** @throws what {@link OpenStreams.add} throws */
  constructor(
    private readonly res: ServerResponse,
    private readonly options: SseOptions,
    private readonly onEnd: () => void,
  ) {
    this.remove = options.streams.add(options.call, () => this.refuse(endOfServer()));
    res.once('close', this.end);
    this.heartbeat = setTimeout(this.beat, options.openMs);
  }

  /** @throws what comes instead of the first event, unless there was a comment before it */
  begin(open: (signal: AbortSignal) => Promise<TaskStream>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      // Gone already, while it was asked who calls.
      if (this.res.destroyed) this.end();
      else this.first(open).then(this.take, this.refuse);
    });
  }

  /** Instead of an event: a proper error, as long as nothing was written. */
  private readonly refuse = (error: unknown): void => {
    if (this.ended || this.res.headersSent) {
      this.fail(error);
    } else {
      this.release();
      this.waiting?.reject(error);
    }
  };

  private async first(open: (signal: AbortSignal) => Promise<TaskStream>) {
    const stream = await open(this.abort.signal);
    if (!this.ended) {
      this.stream = stream;
      clearTimeout(this.heartbeat);
      this.heartbeat = setTimeout(this.beat, this.options.heartbeatMs);
      return stream.next();
    }
    return stream.return();
  }

  private readonly take = (result: IteratorResult<StreamEvent>): void => {
    if (this.ended) return;
    if (result.done === true) {
      this.end();
      return;
    }
    const { res, options } = this;
    options.onEvent(result.value);
    this.writeHeaders();
    const flushed = res.write(chunkOf(result.value, options));
    this.heartbeat.refresh();
    this.waiting?.resolve();
    this.waiting = undefined;
    if (flushed) {
      this.goOn();
      return;
    }
    // One that reads nothing for too long is cut off.
    this.stall = setTimeout(() => res.destroy(), options.stallMs);
    res.once('drain', this.goOn);
  };

  private readonly goOn = (): void => {
    clearTimeout(this.stall);
    if (!this.ended) this.stream?.next().then(this.take, this.fail);
  };

  private readonly fail = (error: unknown): void => {
    // Whoever has gone needs no error, and one that comes from going is none.
    if (this.ended) return;
    this.res.write(this.options.errorEvent(error));
    this.end();
  };

  private readonly beat = (): void => {
    this.writeHeaders();
    if (!this.res.writableNeedDrain) this.res.write(':\n\n');
    this.heartbeat.refresh();
  };

  private readonly end = (): void => {
    if (this.ended) return;
    this.release();
    const { res } = this;
    if (!res.destroyed) this.writeHeaders();
    res.end();
    this.onEnd();
    this.waiting?.resolve();
  };

  /** Lets go of the stream and of its place among the open ones. */
  private release(): void {
    this.ended = true;
    clearTimeout(this.heartbeat);
    clearTimeout(this.stall);
    this.remove();
    this.res.off('close', this.end);
    this.res.off('drain', this.goOn);
    this.abort.abort();
    this.stream?.return().catch(() => undefined);
  }

  /** They leave with what is written next. */
  private writeHeaders(): void {
    const { res } = this;
    if (res.headersSent || res.destroyed) return;
    res.statusCode = 200;
    res.setHeader('Content-Type', 'text/event-stream');
    // Not no-store: proxies that buffer streams take this for a word against it.
    res.setHeader('Cache-Control', 'no-cache');
    res.setHeader('X-Accel-Buffering', 'no');
  }
}

/** An error event, as an end of the stream alone would be taken for the end of the task's. */
function endOfServer(): BridgeError {
  return shuttingDown('The server is shutting down: resume the stream, from its last event');
}

/** What was written of an event last, and how. */
const written = new WeakMap<StreamEvent, { before: string; after: string; chunk: Buffer }>();

function chunkOf(event: StreamEvent, { before, after }: SseOptions): string | Buffer {
  const known = written.get(event);
  if (known !== undefined && known.before === before && known.after === after) return known.chunk;
  const { id, json, name } = event;
  const head = `${id && `id: ${id}\n`}${name === undefined ? '' : `event: ${name}\n`}`;
  const text = `${head}data: ${before}${json}${after}\n\n`;
  if (text.length < LONG_EVENT) return text;
  const chunk = Buffer.from(text);
  written.set(event, { before, after, chunk });
  return chunk;
}
