import { mapEvents, readEvents, type ServerSentEvent } from '../../src/a2a/server-sent-events';

/** A body that gives the text `size` bytes at a time. */
function bodyOf(text: string, size = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

async function eventsOf(body: ReadableStream<Uint8Array>): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe.each(['\n', '\r\n', '\r'])('lines that end in %j', (end) => {
  const lines = ['id: 1', 'event: é', 'data: a', '', ': alive', '', 'data: b', 'data:c', 'retry: 5', 'x', ''];

  it('make the same events however their bytes come', async () => {
    const text = `\uFEFF${[...lines, 'id: 2', 'data', '', 'data: cut'].join(end)}`;
    for (let size = 1; size <= text.length; size++) {
      expect([size, await eventsOf(bodyOf(text, size))]).toEqual([
        size,
        [
          { id: '1', event: 'é', data: 'a' },
          { id: '1', data: 'b\nc' },
          { id: '2', data: '' },
        ],
      ]);
    }
  });

  it('tell an event as soon as its empty line has come', async () => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(own) {
        controller = own;
      },
    });
    const events = readEvents(body);
    const send = (text: string) => controller?.enqueue(new TextEncoder().encode(text));
    for (const data of ['first', 'second']) {
      send(`data: ${data}${end}`);
      send(end);
      expect(await events.next()).toEqual({ done: false, value: { data } });
    }
    await events.return(undefined);
  });

  it('make an event at the end of the stream, too, when the empty line is missing', async () => {
    expect(await eventsOf(bodyOf(`data: a${end}`))).toEqual([{ data: 'a' }]);
    expect(await eventsOf(bodyOf(`data: a${end}data: b`))).toEqual([]);
  });
});

it('passes events on, each as one chunk', async () => {
  const text = ': alive\n\nid: 1\ndata: a\ndata: b\nother: x\n\nevent: end\ndata: c\n\ndata: cut';
  const mapped = bodyOf(text).pipeThrough(mapEvents((event) => ({ ...event, data: `${event.data}!` })));
  const chunks: string[] = [];
  for await (const chunk of mapped) chunks.push(new TextDecoder().decode(chunk));
  expect(chunks).toEqual(['id: 1\ndata: a\ndata: b!\n\n', 'id: 1\nevent: end\ndata: c!\n\n']);
});

it.each(['data: ', 'data: x\ndata: ', ': '])('limits what it keeps of one event: %j', async (begin) => {
  const limited = bodyOf(begin + 'a'.repeat(2_000), 100).pipeThrough(mapEvents((event) => event, 1_000));
  await expect(eventsOf(limited)).rejects.toThrow('larger than 1000 characters');
});

it('takes the time that the text takes, also for one long event, and for one of empty lines', async () => {
  expect(await eventsOf(bodyOf(`data: ${'a'.repeat(2_000_000)}\n\n`, 100))).toHaveLength(1);
  expect(await eventsOf(bodyOf('\r'.repeat(2_000_000)))).toEqual([]);
});
