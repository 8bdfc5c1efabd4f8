/** The `data` of each event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), to its end. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let buffer = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      buffer += decoder.decode(value, { stream: true });
      // The half of a line end may be still to come.
      const blocks = buffer.split(/\r\n\r\n|\n\n|\r\r(?!$)/);
      buffer = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = dataOf(block);
        if (data !== undefined) yield data;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function dataOf(block: string): string | undefined {
  const lines = block.split(/\r\n|\n|\r/).flatMap((line) => {
    const [, value] = /^data:? ?(.*)$/.exec(line) ?? [];
    return value === undefined ? [] : [value];
  });
  return lines.length === 0 ? undefined : lines.join('\n');
}
