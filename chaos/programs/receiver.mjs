// The receiver of webhooks: POST /hook/<name>. It acknowledges a notification once it is in its log, one line of JSON
// each, so that what was acknowledged survives its own death.
//   node receiver.mjs PORT LOG
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, log] = process.argv.slice(2);

createServer(async (request, response) => {
  if (request.method !== 'POST') return response.end();
  let body = '';
  try {
    for await (const chunk of request) body += chunk;
  } catch {
    return;
  }
  const name = request.url.split('/').at(-1);
  appendFileSync(log, `${JSON.stringify({ name, key: request.headers['idempotency-key'], body })}\n`);
  response.end(() =>
    appendFileSync(log, `${JSON.stringify({ name, acknowledged: request.headers['idempotency-key'] })}\n`),
  );
}).listen(Number(port), '127.0.0.1');

// However its parent ends.
process.stdin.on('end', () => process.exit()).resume();
