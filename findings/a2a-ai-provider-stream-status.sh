#!/usr/bin/env bash
# a2a-ai-provider 0.5.0-alpha.1 with ai 6.0.326 (Vercel AI SDK):
# - streamText drops the message of every status update: the question of an agent that asks (input-required), and the
#   reason of one that has failed, are not in its stream. generateText shows both.
# Seen with: input-required: generateText "What is your name?", streamText "" |
#   failed: generateText "No such order", streamText ""
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund a2a-ai-provider@0.5.0-alpha.1 ai@6.0.326 @a2a-js/sdk@0.3.13
cat > show.mjs <<'JS'
import { createServer } from 'node:http';
import { a2a } from 'a2a-ai-provider';
import { generateText, streamText } from 'ai';

const print = console.log;
console.log = () => {};
const TEXTS = { 'input-required': 'What is your name?', failed: 'No such order' };
const server = createServer(async (request, response) => {
  const [, state] = request.url.split('/');
  if (request.method === 'GET') {
    const card = {
      name: 'Answers', description: 'Answers', version: '1.0.0', url: `${base}/${state}`, protocolVersion: '0.3.0',
      preferredTransport: 'JSONRPC', capabilities: { streaming: true }, skills: [],
      defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'],
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(card));
    return;
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const { id, method } = JSON.parse(body);
  const ids = { taskId: 't1', contextId: 'c1' };
  const message = {
    kind: 'message', messageId: 'm1', role: 'agent', parts: [{ kind: 'text', text: TEXTS[state] }], ...ids,
  };
  const task = { kind: 'task', id: 't1', contextId: 'c1' };
  const answer = (result) => JSON.stringify({ jsonrpc: '2.0', id, result });
  if (method === 'message/send') {
    response.setHeader('content-type', 'application/json');
    response.end(answer({ ...task, status: { state, message } }));
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  response.write(`data: ${answer({ ...task, status: { state: 'submitted' } })}\n\n`);
  response.end(`data: ${answer({ kind: 'status-update', ...ids, status: { state, message }, final: true })}\n\n`);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const base = `http://127.0.0.1:${server.address().port}`;

const seen = [];
for (const state of Object.keys(TEXTS)) {
  const model = a2a(`${base}/${state}/.well-known/agent-card.json`);
  const { text: whole } = await generateText({ model, prompt: 'hi', maxRetries: 0 });
  let streamed = '';
  for await (const part of streamText({ model, prompt: 'hi', maxRetries: 0 }).fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') streamed += part.text;
  }
  seen.push([state, whole, streamed]);
}
const told = seen.map(([state, whole, streamed]) => `${state}: generateText "${whole}", streamText "${streamed}"`);
print(told.join(' | '));
process.exit(seen.every(([state, whole, streamed]) => whole === TEXTS[state] && streamed === '') ? 0 : 1);
JS
node show.mjs
