#!/usr/bin/env bash
# @mastra/core 1.71.0 with @mastra/hono 1.7.9 (@mastra/server 1.67.0), set up as the README of @mastra/hono shows:
# - the agent's A2A card is served, but each message/send is answered with -32603 "Cannot read properties of undefined
#   (reading 'loadWithVersion')";
# - it works when MastraServer is given the option `taskStore`, which the README does not have.
# Needs Node.js 22, which comes as the package `node`.
# Seen with: card: 200 | send: -32603 Cannot read properties of undefined (reading 'loadWithVersion') |
#   with taskStore: another error, of the model
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --force node@22.23.3 @mastra/core@1.71.0 @mastra/hono@1.7.9 @mastra/server@1.67.0 \
  hono@4.13.19 @ai-sdk/openai-compatible@2.0.92 zod@4.6.7
cat >agent.mjs <<'JS'
import assert from 'node:assert/strict';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { MastraServer } from '@mastra/hono';
import { InMemoryTaskStore } from '@mastra/server/a2a/store';
import { Hono } from 'hono';

async function serve(options) {
  // Nothing listens there: that the model fails is not the point.
  const provider = createOpenAICompatible({ name: 'none', baseURL: 'http://127.0.0.1:9/v1', apiKey: 'none' });
  const agent = new Agent({ id: 'a', name: 'a', instructions: 'Answer.', model: provider('none'), maxRetries: 0 });
  const app = new Hono();
  await new MastraServer({ app, mastra: new Mastra({ agents: { a: agent } }), ...options }).init();
  return async (method) => {
    const message = { kind: 'message', messageId: 'm1', role: 'user', parts: [{ kind: 'text', text: 'hi' }] };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { message } });
    const headers = { 'content-type': 'application/json' };
    if (method === undefined) return app.request('/api/.well-known/a/agent-card.json');
    return app.request('/api/a2a/a', { method: 'POST', headers, body });
  };
}

const call = await serve({});
const card = await call();
const { error } = await (await call('message/send')).json();
const other = await (await (await serve({ taskStore: new InMemoryTaskStore() }))('message/send')).json();
const told = /loadWithVersion/.test(JSON.stringify(other)) ? 'the same' : 'another error, of the model';
console.log(`card: ${card.status} | send: ${error.code} ${error.message} | with taskStore: ${told}`);
assert.equal(card.status, 200);
assert.match(error.message, /loadWithVersion/);
assert.doesNotMatch(JSON.stringify(other), /loadWithVersion/);
process.exit(0);
JS
node_modules/node/bin/node agent.mjs 2>errors || { tail -20 errors; exit 1; }
