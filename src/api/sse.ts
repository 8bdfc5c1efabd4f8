import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type { StreamEvent, TaskStream } from '../bridge/types';
import type { OpenStreams } from './open-streams';

export interface SseOptions {
  streams: OpenStreams;
  owner: string;
  /** Longest time without a byte. */
  heartbeatMs: number;
  /** Longest time that a client may leave what was written unread. */
  stallMs: number;
  /** Text around each event's JSON, the same for the whole stream. */
  before: string;
  after: string;
  /** The last event of a stream that fails after it has begun. */
  errorEvent: (error: unknown) => string;
}

const DONE: IteratorResult<StreamEvent> = { done: true, value: undefined };

/**
 * Serves a TaskStream as Server-Sent Events (specification sections 9.4.2 and 11.7), to the end of the stream,
 * of the client or of the server, whichever comes first.
 *
 * Headers wait for the first event, so that an error before it is a proper error: it is thrown. They do not
 * wait longer than one heartbeat, because clients give up when no byte comes.
 */
export async function serveEvents(
  ctx: Context,
  open: (signal: AbortSignal) => Promise<TaskStream>,
  options: SseOptions,
): Promise<void> {
  const { res } = ctx;
  const abort = new AbortController();
  let stream: TaskStream | undefined;
  let wake: (() => void) | undefined;

  const end = () => {
    if (abort.signal.aborted) return;
    abort.abort();
    stream?.return().catch(() => undefined);
    wake?.();
  };
  const remove = options.streams.add(options.owner, end);
  res.once('close', end);
  // Gone already, while it was asked who calls.
  if (res.destroyed) end();
  const heartbeat = setTimeout(() => {
    begin(ctx);
    if (!res.writableNeedDrain) res.write(':\n\n');
    heartbeat.refresh();
  }, options.heartbeatMs);

  /** The next event; or the end, as soon as there is a reason for it, whatever the stream does. */
  const next = () =>
    new Promise<IteratorResult<StreamEvent>>((resolve, reject) => {
      wake = () => resolve(DONE);
      if (abort.signal.aborted) return resolve(DONE);
      const result = stream === undefined ? first() : stream.next();
      result.then(resolve, reject);
    });

  const first = async () => {
    const opened = await open(abort.signal);
    if (!abort.signal.aborted) {
      stream = opened;
      return opened.next();
    }
    await opened.return();
    return DONE;
  };

  try {
    for (let event = await next(); event.done !== true; event = await next()) {
      begin(ctx);
      const { id, json, name } = event.value;
      const head = `${id && `id: ${id}\n`}${name === undefined ? '' : `event: ${name}\n`}`;
      const flushed = res.write(`${head}data: ${options.before}${json}${options.after}\n\n`);
      heartbeat.refresh();
      if (!flushed) {
        await drained(res, options.stallMs, (stop) => {
          wake = stop;
        });
      }
    }
  } catch (error) {
    // Whoever has gone needs no error, and one that comes from going is none.
    if (!abort.signal.aborted) {
      if (!res.headersSent) throw error;
      res.write(options.errorEvent(error));
    }
  } finally {
    clearTimeout(heartbeat);
    remove();
    res.off('close', end);
    end();
  }
  if (!res.destroyed) begin(ctx);
  ctx.respond = false;
  res.end();
}

function begin(ctx: Context): void {
  if (ctx.res.headersSent || ctx.res.destroyed) return;
  ctx.respond = false;
  ctx.status = 200;
  ctx.set('Content-Type', 'text/event-stream');
  ctx.set('Cache-Control', 'no-cache');
  ctx.set('X-Accel-Buffering', 'no');
  ctx.res.flushHeaders();
}

/** Waits until the client has read enough; one that reads nothing for too long is cut off. */
async function drained(
  res: ServerResponse,
  stallMs: number,
  onStop: (stop: () => void) => void,
): Promise<void> {
  const stall = setTimeout(() => res.destroy(), stallMs);
  await new Promise<void>((resolve) => {
    onStop(resolve);
    if (res.destroyed) resolve();
    res.once('drain', resolve);
  });
  clearTimeout(stall);
}
