// What a stream costs in Node.js itself: a server that sends one event on each, and nothing else.
import { createServer } from 'node:http';
import { answerParent } from './lib/ipc.mjs';
import { memoryInUse } from './lib/measure.mjs';

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('data: {}\n\n');
});
answerParent({
  memory: memoryInUse,
  async stop() {
    setTimeout(() => process.exit(0), 20);
  },
});
server.listen(0, '127.0.0.1', () => {
  process.send({ ready: { url: `http://127.0.0.1:${server.address().port}` } });
});
