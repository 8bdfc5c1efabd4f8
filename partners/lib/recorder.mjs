// Stands between two sides of HTTP and keeps what they have said.
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

const KEPT = 20_000;

/**
 * @param portOf () => port on loopback that requests go to
 * @returns {Promise<{url: string, exchanges: {method, path, request, status, response}[], close: () => Promise<void>}>}
 *   `exchanges` in the order of the requests, with the beginnings of both bodies
 */
export async function startRecorder(portOf) {
  const exchanges = [];
  const server = createServer((incoming, outgoing) => {
    const exchange = { method: incoming.method, path: incoming.url, request: '', status: 0, response: '' };
    exchanges.push(exchange);
    // The Host header stays: some build the URLs of their card with it.
    const { method, url, headers } = incoming;
    const onward = send({ host: '127.0.0.1', port: portOf(), method, path: url, headers, agent: false });
    incoming.on('data', keep(exchange, 'request'));
    incoming.pipe(onward);
    onward.once('response', (answer) => {
      exchange.status = answer.statusCode;
      answer.on('data', keep(exchange, 'response'));
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    exchanges,
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}

function keep(exchange, side) {
  return (chunk) => {
    if (exchange[side].length < KEPT) exchange[side] += chunk;
  };
}
