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
      if (method === 'GET') return void passCard(answer, outgoing);
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = `http://127.0.0.1:${server.address().port}`;

  /** Some write into their card where they listen, not where they are called. */
  async function passCard(answer, outgoing) {
    try {
      let text = '';
      for await (const chunk of answer) text += chunk;
      for (const host of ['127.0.0.1', 'localhost'])
        text = text.replaceAll(`http://${host}:${portOf()}`, own);
      const type = answer.headers['content-type'] ?? 'application/json';
      outgoing.writeHead(answer.statusCode, { 'content-type': type }).end(text);
    } catch {
      outgoing.destroy();
    }
  }

  return {
    url: own,
    exchanges,
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}

function keep(exchange, side) {
  return (chunk) => {
    if (exchange[side].length < KEPT) exchange[side] += chunk;
  };
}
