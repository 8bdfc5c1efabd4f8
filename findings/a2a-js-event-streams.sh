#!/usr/bin/env bash
# The clients of @a2a-js/sdk 0.3.13 and 1.3.0: event streams in each form that the HTML standard (9.2.5) has, all with
# the same two events. Expected: two events from each.
# - 0.3.13 takes each data line for a whole event, and throws on JSON of several lines, as a server writes it that
#   indents its JSON; 1.3.0 joins the lines.
# - Where lines end with a carriage return, both come to the end of the stream without an event and without an error:
#   the task looks as if nothing had happened.
# Seen with: 0.3.13: one line 2, several lines Error, CR LF 2, CR 0 | 1.3.0: one line 2, several lines 2, CR LF 2, CR 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund sdk-0.3@npm:@a2a-js/sdk@0.3.13 sdk-1.3@npm:@a2a-js/sdk@1.3.0 >/dev/null
cat > main.mjs <<'JS'
import assert from 'node:assert';
import http from 'node:http';
import { A2AClient } from 'sdk-0.3/client';
import { ClientFactory } from 'sdk-1.3/client';

const indented = (value) => JSON.stringify(value, null, 2).split('\n');
const forms = {
  'one line': (event) => `data: ${JSON.stringify(event)}\n\n`,
  'several lines': (event) => `${indented(event).map((line) => `data: ${line}\n`).join('')}\n`,
  'CR LF': (event) => `data: ${JSON.stringify(event)}\r\n\r\n`,
  CR: (event) => `data: ${JSON.stringify(event)}\r\r`,
};
let form;
const update = { taskId: 't1', contextId: 'c1' };
const results = {
  'message/stream': ['working', 'completed'].map((state) => (
    { ...update, kind: 'status-update', status: { state }, final: state === 'completed' })),
  SendStreamingMessage: ['TASK_STATE_WORKING', 'TASK_STATE_COMPLETED'].map((state) => (
    { statusUpdate: { ...update, status: { state } } })),
};
const server = http.createServer(async (request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({
      name: 'Any', description: 'Any', version: '1', capabilities: { streaming: true }, skills: [],
      defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'], protocolVersion: '0.3.0', url,
      supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    }));
    return;
  }
  const { id, method } = JSON.parse((await request.toArray()).join(''));
  response.setHeader('content-type', 'text/event-stream');
  response.end(results[method].map((result) => forms[form]({ jsonrpc: '2.0', id, result })).join(''));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;

const old = await A2AClient.fromCardUrl(`${url}.well-known/agent-card.json`);
const current = await new ClientFactory().createFromUrl(url);
const part = { content: { $case: 'text', value: 'hi' }, filename: '', mediaType: '' };
const lists = { extensions: [], referenceTaskIds: [] };
const clients = {
  '0.3.13': () => old.sendMessageStream(
    { message: { kind: 'message', messageId: 'm1', role: 'user', parts: [{ kind: 'text', text: 'hi' }] } }),
  '1.3.0': () => current.sendMessageStream(
    { tenant: '', message: { messageId: 'm1', taskId: '', contextId: '', role: 1, parts: [part], ...lists } }),
};
console.warn = console.error = () => {};
const seen = {};
for (const [version, stream] of Object.entries(clients)) {
  seen[version] = [];
  for (form of Object.keys(forms)) {
    let count = 0;
    try {
      for await (const _ of stream()) count += 1;
    } catch (error) {
      count = error.name;
    }
    seen[version].push(count);
  }
}
server.close();
server.closeAllConnections();
const names = Object.keys(forms);
console.log(Object.entries(seen)
  .map(([version, counts]) => `${version}: ${counts.map((count, at) => `${names[at]} ${count}`).join(', ')}`)
  .join(' | '));
assert.deepStrictEqual(seen, { '0.3.13': [2, 'Error', 2, 0], '1.3.0': [2, 2, 2, 0] });
JS
timeout 60 node main.mjs
