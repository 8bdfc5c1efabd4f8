import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that operating systems give out by themselves, so that a port stays free while its process is dead. */
const RANGE = { least: 12_000, most: 32_000 };

/** So many ports that are free now. */
export async function stablePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = RANGE.least + Math.floor(Math.random() * (RANGE.most - RANGE.least));
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]).catch(() => false);
    if (!isFree) continue;
    ports.add(port);
    await new Promise((closed) => server.close(closed));
  }
  return [...ports];
}
