#!/usr/bin/env bash
# @voltagent/a2a-server 2.0.3 with @voltagent/server-hono 2.0.14, message/stream:
# - each `data:` line of the event stream holds a record separator (U+001E) before its JSON, so that a client which parses
#   the data of a server-sent event as JSON fails;
# - the task in `result` has no `kind`, which A2A 0.3 (section 6.1) requires.
# Seen with: data begins with U+001E: True | kind of the result: none
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @voltagent/core@2.10.0 @voltagent/a2a-server@2.0.3 @voltagent/server-hono@2.0.14 \
  @ai-sdk/openai-compatible@2.0.92 zod@4.6.7
cat >agent.mjs <<'JS'
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { A2AServer } from '@voltagent/a2a-server';
import { Agent, VoltAgent } from '@voltagent/core';
import { honoServer } from '@voltagent/server-hono';

const port = await new Promise((found) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => found(port));
  });
});
// Nothing listens there: that the model fails is not the point.
const provider = createOpenAICompatible({ name: 'none', baseURL: 'http://127.0.0.1:9/v1', apiKey: 'none' });
const a = new Agent({ id: 'a', name: 'a', instructions: 'Answer.', model: provider('none'), maxRetries: 0 });
new VoltAgent({
  agents: { a },
  a2aServers: { a2a: new A2AServer({ name: 'a', version: '1.0.0', description: 'Answers.' }) },
  server: honoServer({ port, hostname: '127.0.0.1' }),
});
const message = { kind: 'message', messageId: 'm1', role: 'user', parts: [{ kind: 'text', text: 'hi' }] };
const body = JSON.stringify({ jsonrpc: '2.0', id: '1', method: 'message/stream', params: { message } });
const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
let answer;
for (let tries = 0; tries < 100 && answer === undefined; tries++) {
  await new Promise((later) => setTimeout(later, 200));
  answer = await fetch(`http://127.0.0.1:${port}/a2a/a`, { method: 'POST', headers, body }).catch(() => undefined);
}
const line = (await answer.text()).split('\n').find((each) => each.startsWith('data:'));
const data = line.slice(5).replace(/^ /, '');
const { result } = JSON.parse(data.replace(/^\u001e/, ''));
process.stderr.write(
  `data begins with U+001E: ${data.startsWith('\u001e') ? 'True' : 'False'} | kind of the result: ${result.kind ?? 'none'}\n`,
);
assert.ok(data.startsWith('\u001e') && result.kind === undefined && typeof result.id === 'string');
process.exit(0);
JS
node agent.mjs >agent.log
