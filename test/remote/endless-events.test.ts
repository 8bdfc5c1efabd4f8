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

it.each(['/rpc', '/v1/message:stream'])('an event without an end fills no memory: %s', async (path) => {
  sent = 0;
  const credentials = async () => ({ headers: {}, query: {}, tokens: [] });
  const read = new AgentConnection({ http, credentials }).fetchFor('streaming the message', {});
  const { port } = server.address() as AddressInfo;
  const response = await read(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: '{}' });
  await expect(response.text()).rejects.toThrow('larger than');
  expect(sent).toBeLessThan(32);
});
