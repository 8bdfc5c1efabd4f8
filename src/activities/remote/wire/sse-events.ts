import { EventBlocks, linesOf } from '../../../a2a/event-blocks';

/** Largest event that is read, in characters; Temporal could not carry more anyway. */
const MAX_EVENT = 4 * 1024 * 1024;

export interface SseEvent {
  data: string;
  /** The last `id:` that the stream gave, up to and with this event. */
  id?: string;
}

/**
 * Cuts a stream of server-sent events into its events, each given as its own text, so that a reader which takes
 * one chunk at a time knows the ID that belongs to what it reads.
 */
export function sseSplitter(onEvent: (event: SseEvent) => void): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const blocks = new EventBlocks();
  let id: string | undefined;
  const dispatch = (block: string, controller: TransformStreamDefaultController<Uint8Array>) => {
    const data: string[] = [];
    for (const line of linesOf(block)) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (field === 'id' && !value.includes('\0')) id = value;
      else if (field === 'data') data.push(value);
    }
    if (data.length === 0) return;
    onEvent({ data: data.join('\n'), ...(id !== undefined && { id }) });
    controller.enqueue(encoder.encode(`${block}\n\n`));
  };
  return new TransformStream({
    transform(chunk, controller) {
      const text = decoder.decode(chunk, { stream: true });
      for (const block of blocks.add(text)) dispatch(block, controller);
      if (blocks.pending > MAX_EVENT) {
        throw new RangeError(`an event is larger than ${MAX_EVENT} characters`);
      }
    },
    flush(controller) {
      // A stream that was cut in the middle of an event does not hold that event.
      const { rest } = blocks;
      if (/[\r\n]$/.test(rest)) dispatch(rest, controller);
    },
  });
}
