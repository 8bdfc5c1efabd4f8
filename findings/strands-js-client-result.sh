#!/usr/bin/env bash
# @strands-agents/sdk 1.19.0 (JavaScript), A2AAgent.invoke(), with an agent on @a2a-js/sdk 0.3.14:
# - a task that fails, and one that asks (input-required), are an answer with the stop reason `endTurn` and an empty text: no
#   error, and neither the reason nor the question;
# - of a task that completes with a status message, its text is the answer, and the artifacts are left out.
# Expected: an error or a stop reason of its own for the first two, with what the agent said; the artifacts, as without a
# status message.
# Seen with: done: endTurn "alpha" | fails: endTurn "" | asks: endTurn "" | done, and says so: endTurn "Here you are."
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @strands-agents/sdk@1.19.0 @a2a-js/sdk@0.3.14 express@5.2.1 >/dev/null
cat > show.js <<'JS'
import { once } from 'node:events';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { A2AExpressApp } from '@a2a-js/sdk/server/express';
import { A2AAgent } from '@strands-agents/sdk/a2a';
import express from 'express';

const says = { fails: ['failed', 'no such order'], asks: ['input-required', 'Which order?'] };

class Shop {
  async execute({ taskId, contextId, userMessage }, bus) {
    const text = (words) => [{ kind: 'text', text: words }];
    const end = (state, words) => {
      const message = { kind: 'message', role: 'agent', messageId: `of-${taskId}`, taskId, contextId };
      const status = words === undefined ? { state } : { state, message: { ...message, parts: text(words) } };
      bus.publish({ kind: 'status-update', taskId, contextId, status, final: true });
      bus.finished();
    };
    bus.publish({ kind: 'task', id: taskId, contextId, status: { state: 'submitted' }, history: [userMessage] });
    const order = userMessage.parts[0].text;
    if (order in says) return end(...says[order]);
    const artifact = { artifactId: 'a', parts: text('alpha') };
    bus.publish({ kind: 'artifact-update', taskId, contextId, artifact, lastChunk: true });
    end('completed', order === 'done' ? undefined : 'Here you are.');
  }

  async cancelTask() {}
}

const app = express();
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
const card = {
  name: 'shop', description: 'Sells', url, version: '1.0.0', protocolVersion: '0.3.0', skills: [],
  capabilities: { streaming: true }, defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'],
};
new A2AExpressApp(new DefaultRequestHandler(card, new InMemoryTaskStore(), new Shop())).setupRoutes(app);

const seen = {};
for (const order of ['done', 'fails', 'asks', 'done, and says so']) {
  const { stopReason, lastMessage } = await new A2AAgent({ url }).invoke(order);
  seen[order] = `${stopReason} "${lastMessage.content.map((block) => block.text).join('')}"`;
}
console.log(Object.entries(seen).map(([order, answer]) => `${order}: ${answer}`).join(' | '));
const expected = ['endTurn "alpha"', 'endTurn ""', 'endTurn ""', 'endTurn "Here you are."'];
process.exit(String(Object.values(seen)) === String(expected) ? 0 : 1);
JS
timeout 60 node show.js
