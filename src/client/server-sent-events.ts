import { EventBlocks, linesOf } from '../a2a/event-blocks';

/** The `data` of each event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), to its end. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const blocks = new EventBlocks();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const block of blocks.add(decoder.decode(value, { stream: true }))) {
        const data = dataOf(block);
        if (data !== undefined) yield data;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function dataOf(block: string): string | undefined {
  const lines = linesOf(block).flatMap((line) => {
    const [, value] = /^data:? ?(.*)$/.exec(line) ?? [];
    return value === undefined ? [] : [value];
  });
  return lines.length === 0 ? undefined : lines.join('\n');
}
