import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentConnection } from '../../src/activities/remote/wire/agent-connection';
import { OutboundClient } from '../../src/outbound/outbound-client';

const PIECE = 'a'.repeat(1024 * 1024);

/** Sends one event that never ends, as fast as it is read. */
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('data: ');
  const more = () => {
    while (!response.destroyed && sent < 64 && response.write(PIECE)) sent += 1;
    if (sent >= 64) response.end('\n\n');
  };
  response.on('drain', more);
  more();
});
const http = new OutboundClient({ allow: ['127.0.0.1'] });
let sent = 0;

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));

afterAll(async () => {
  await http.close();
  server.close().closeAllConnections();
});

it('an event without an end fills no memory', async () => {
  sent = 0;
  const credentials = async () => ({ headers: {}, query: {}, tokens: [] });
  const connection = new AgentConnection({ http, credentials });
  const { port } = server.address() as AddressInfo;
  const request = {
    doing: 'streaming the message',
    url: `http://127.0.0.1:${port}/rpc`,
    body: {},
    signal: new AbortController().signal,
    headersMs: 5_000,
    streamIdleMs: 5_000,
  };
  const events = connection.events(await connection.fetch(request), request);
  await expect(events.next()).rejects.toMatchObject({
    type: 'A2A_REMOTE_TOO_LARGE',
    message: expect.stringContaining('larger than'),
  });
  expect(sent).toBeLessThan(32);
});
