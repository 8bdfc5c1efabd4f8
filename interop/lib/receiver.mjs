// The webhook that push notifications go to, and the clients' way to see what came:
//   POST /hook/<name>                 a delivery
//   GET  /seen/<name>?until=<text>    all deliveries so far, once a body contains the text, or after a while
//   POST /restart/<name>              kills the server and starts it again; answers when it serves
import { once } from 'node:events';
import { createServer } from 'node:http';

const PATIENCE_MS = 30_000;
const MAX_BODY_BYTES = 1_000_000;

/**
 * @returns {Promise<{url: string, until, close: () => Promise<void>}>} `until(name, isSo, patienceMs)` gives the
 *   deliveries as {headers, body}, once `isSo` of them, or after a while
 */
export async function startReceiver({ restart }) {
  const deliveries = new Map();
  const waiting = new Set();

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://receiver');
    const [, action, name] = pathname.split('/');
    try {
      const body = await read(request);
      if (request.method === 'POST' && action === 'hook') {
        deliveries.set(name, [...(deliveries.get(name) ?? []), { headers: request.headers, body }]);
        for (const look of waiting) look();
        response.end();
      } else if (request.method === 'GET' && action === 'seen') {
        const until = (searchParams.get('until') ?? '').toLowerCase();
        const done = (all) => all.some((each) => each.body.toLowerCase().includes(until));
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(await seen(name, done, PATIENCE_MS)));
      } else if (request.method === 'POST' && action === 'restart') {
        await restart();
        response.end();
      } else {
        response.writeHead(404).end();
      }
    } catch (error) {
      response.writeHead(500).end(error.message);
    }
  });

  function seen(name, isSo, patienceMs) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(), patienceMs);
      const all = () => deliveries.get(name) ?? [];
      const look = () => isSo(all()) && finish();
      const finish = () => {
        clearTimeout(timer);
        waiting.delete(look);
        resolve(all());
      };
      waiting.add(look);
      look();
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    until: seen,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function read(request) {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    body += chunk;
    if (body.length > MAX_BODY_BYTES) throw new Error('too large');
  }
  return body;
}
