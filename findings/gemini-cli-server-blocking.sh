#!/usr/bin/env bash
# @google/gemini-cli-a2a-server 0.25.2, message/send with configuration.blocking false:
# - the answer is the task, which is still at work, as asked for; but when the client then closes that connection, as curl
#   does and as pools do with idle ones, the execution is aborted. The task asks (input-required) with "Execution aborted
#   by client."
# - a turn that was not aborted ends as input-required too, never as completed.
# Seen with: blocking false: working, then input-required, said: Execution aborted by client. |
#   blocking true: input-required, said: forty-two
set -euo pipefail
work=$(mktemp -d)
cleanup() {
  kill "${server:-0}" "${model:-0}" 2>/dev/null || true
  sleep 1
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @google/gemini-cli-a2a-server@0.25.2
mkdir home

# A model that takes a second to answer.
cat >model.mjs <<'JS'
import { createServer } from 'node:http';
const answer = JSON.stringify({
  candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text: 'forty-two' }] } }],
});
createServer((request, response) => {
  request.resume().once('end', () =>
    setTimeout(() => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${answer}\n\n`), 1000),
  );
}).listen(0, '127.0.0.1', function () {
  console.log(this.address().port);
});
JS
node model.mjs >model.port &
model=$!
until [ -s model.port ]; do sleep 0.1; done
port=$(node -e 'const s = require("net").createServer().listen(0, () => { console.log(s.address().port); s.close(); })')
HOME="$work/home" GEMINI_API_KEY=none GOOGLE_GEMINI_BASE_URL="http://127.0.0.1:$(cat model.port)" \
  CODER_AGENT_WORKSPACE_PATH="$work/home" CODER_AGENT_PORT="$port" \
  node node_modules/@google/gemini-cli-a2a-server/dist/a2a-server.mjs >server.log 2>&1 &
server=$!
for _ in $(seq 300); do
  curl -sf "http://localhost:$port/.well-known/agent-card.json" >/dev/null && break
  sleep 0.2
done

cat >client.mjs <<'JS'
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
// Each call has a connection of its own, which curl closes when it has the answer.
const call = async (method, params) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const url = `http://localhost:${process.argv[2]}/`;
  const args = ['-s', '-H', 'content-type: application/json', '-d', body, url];
  return JSON.parse((await promisify(execFile)('curl', args)).stdout).result;
};
const send = (messageId, blocking) =>
  call('message/send', {
    configuration: { blocking },
    message: { kind: 'message', messageId, role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
  });
const said = ({ history, status }) =>
  [...history, status.message]
    .filter((message) => message?.role === 'agent')
    .flatMap(({ parts }) => parts.map(({ text }) => text))
    .at(-1);
const first = await send('m1', false);
let task = first;
for (let tries = 0; tries < 100 && task.status.state !== 'input-required'; tries++) {
  await sleep(100);
  task = await call('tasks/get', { id: first.id, historyLength: 20 });
}
const whole = await send('m2', true);
console.log(
  `blocking false: ${first.status.state}, then ${task.status.state}, said: ${said(task)} | ` +
    `blocking true: ${whole.status.state}, said: ${said(whole)}`,
);
assert.equal(task.status.state, 'input-required');
assert.equal(said(task), 'Execution aborted by client.');
assert.equal(whole.status.state, 'input-required');
assert.equal(said(whole), 'forty-two');
JS
node client.mjs "$port"
