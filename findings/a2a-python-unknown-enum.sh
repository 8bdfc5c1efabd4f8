#!/usr/bin/env bash
# a2a-sdk 1.3.0 (Python), server over JSON-RPC: enum values that it does not know. Expected: -32602 that names the
# value, or for one that a newer version of A2A may have, no match.
# - They are taken as left out. ListTasks with a status that does not exist, or with one of 0.3 ("completed"), gives the
#   tasks in every state; SendMessage with the role of 0.3 ("user") fails with "Field is required." for the role that is
#   there.
# Seen with: TASK_STATE_COMPLETED: 0 | TASK_STATE_PAUSED: 1 | completed: 1 | role user: message.role Field is required.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'a2a-sdk[http-server]==1.3.0' httpx==0.28.1
"$work/venv/bin/python" - <<'PY'
import asyncio, logging
import httpx
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCapabilities, AgentCard, Task, TaskState, TaskStatus
from starlette.applications import Starlette

logging.disable()

class Waits(AgentExecutor):
    async def execute(self, context, event_queue):
        await event_queue.enqueue_event(Task(
            id=context.task_id, context_id=context.context_id,
            status=TaskStatus(state=TaskState.TASK_STATE_INPUT_REQUIRED)))

    async def cancel(self, context, event_queue): ...

async def main():
    handler = DefaultRequestHandler(
        agent_executor=Waits(), task_store=InMemoryTaskStore(),
        agent_card=AgentCard(name="Waits", capabilities=AgentCapabilities()))
    app = Starlette(routes=create_jsonrpc_routes(handler, "/"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent") as client:
        async def call(method, params):
            answer = await client.post("/", headers={"A2A-Version": "1.0"}, json={
                "jsonrpc": "2.0", "id": 1, "method": method, "params": params})
            return answer.json()

        def message(role):
            return {"message": {"messageId": "m1", "role": role, "parts": [{"text": "hi"}]}}

        await call("SendMessage", message("ROLE_USER"))
        found = {}
        for status in ["TASK_STATE_COMPLETED", "TASK_STATE_PAUSED", "completed"]:
            found[status] = len((await call("ListTasks", {"status": status}))["result"].get("tasks", []))
        [refused] = (await call("SendMessage", message("user")))["error"]["data"][0]["metadata"]["errors"]
    print(" | ".join(f"{status}: {count}" for status, count in found.items()),
          f"| role user: {refused['field']} {refused['message']}")
    assert list(found.values()) == [0, 1, 1]
    assert refused == {"field": "message.role", "message": "Field is required."}

asyncio.run(main())
PY
