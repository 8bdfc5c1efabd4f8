import { createParser } from 'eventsource-parser';

/** An event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  /** The lines of `data:`, joined by line feeds. */
  data: string;
  event?: string;
  /** The last `id:` that came with an event of the stream, up to and with this one. */
  id?: string;
}

/** Cuts a stream of server-sent events into its events, as its bytes come. */
class EventParser {
  private readonly decoder = new TextDecoder();
  private readonly parser;
  private events: ServerSentEvent[] = [];
  private id: string | undefined;
  /** The end of what has come. */
  private last = '';

  /** @param maxLength of one event, in characters */
  constructor(maxLength: number) {
    this.parser = createParser({
      maxBufferSize: maxLength,
      onEvent: ({ data, event, id = this.id }) => {
        this.id = id;
        this.events.push({ data, ...(event !== undefined && { event }), ...(id !== undefined && { id }) });
      },
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') {
          throw new RangeError(`an event is larger than ${maxLength} characters`);
        }
      },
    });
  }

  /** The events that are whole with these bytes. @throws RangeError */
  add(bytes: Uint8Array): ServerSentEvent[] {
    const text = this.decoder.decode(bytes, { stream: true });
    // The library waits for what follows a carriage return, and takes long for text that is full of them.
    const unread = this.last === '\r' && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.last = text.slice(-1);
    this.parser.feed(unread.replace(/\r\n?/g, '\n'));
    return this.taken();
  }

  /** At the end of the stream: the last event, when its lines are whole and only the empty one is missing. */
  end(): ServerSentEvent[] {
    if (this.last === '\n' || this.last === '\r') this.parser.feed('\n');
    return this.taken();
  }

  private taken(): ServerSentEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}

/**
 * The events of a stream, to its end. Cancels `body` when its reader goes away.
 * @param maxLength of one event, in characters
 * @throws RangeError for a longer one
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  maxLength = Number.POSITIVE_INFINITY,
): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const parser = new EventParser(maxLength);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      yield* done ? parser.end() : parser.add(value);
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * Passes the events of a stream on, as `map` makes them; without comments, and without an event that was cut.
 * Errors with a RangeError when an event is longer than `maxLength` characters.
 */
export function mapEvents(
  map: (event: ServerSentEvent) => ServerSentEvent,
  maxLength = Number.POSITIVE_INFINITY,
): TransformStream<Uint8Array, Uint8Array> {
  const encoder = new TextEncoder();
  const parser = new EventParser(maxLength);
  // One chunk for each event.
  const pass = (events: ServerSentEvent[], controller: TransformStreamDefaultController<Uint8Array>) => {
    for (const event of events) controller.enqueue(encoder.encode(textOf(map(event))));
  };
  return new TransformStream({
    transform: (chunk, controller) => pass(parser.add(chunk), controller),
    flush: (controller) => pass(parser.end(), controller),
  });
}

function textOf({ data, event, id }: ServerSentEvent): string {
  const lines = data.split('\n').map((line) => `data: ${line}`);
  if (event !== undefined) lines.unshift(`event: ${event}`);
  if (id !== undefined) lines.unshift(`id: ${id}`);
  return `${lines.join('\n')}\n\n`;
}
