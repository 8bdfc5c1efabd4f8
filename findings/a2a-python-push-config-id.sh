#!/usr/bin/env bash
# a2a-sdk 1.3.0 (Python), InMemoryPushNotificationConfigStore: two webhooks for one task, both without an ID of their
# own.
# Expected: two configs, each with a new ID, as in the JavaScript SDK (@a2a-js/sdk 1.3.0).
# - The ID that is left out becomes the task's ID, so the second webhook silently replaces the first.
# Seen with: first: task's ID, second: task's ID | listed: http://127.0.0.1:9/second
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
from a2a.server.tasks import InMemoryPushNotificationConfigStore, InMemoryTaskStore
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
        agent_executor=Waits(), task_store=InMemoryTaskStore(), push_config_store=InMemoryPushNotificationConfigStore(),
        agent_card=AgentCard(name="Waits", capabilities=AgentCapabilities(push_notifications=True)))
    app = Starlette(routes=create_jsonrpc_routes(handler, "/"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent") as client:
        async def call(method, params):
            answer = await client.post("/", headers={"A2A-Version": "1.0"}, json={
                "jsonrpc": "2.0", "id": 1, "method": method, "params": params})
            return answer.json()["result"]

        message = {"messageId": "m1", "role": "ROLE_USER", "parts": [{"text": "hi"}]}
        task_id = (await call("SendMessage", {"message": message}))["task"]["id"]
        ids = []
        for name in ["first", "second"]:
            config = {"taskId": task_id, "url": f"http://127.0.0.1:9/{name}"}
            ids.append((await call("CreateTaskPushNotificationConfig", config))["id"])
        listed = (await call("ListTaskPushNotificationConfigs", {"taskId": task_id}))["configs"]
    said = ["task's ID" if each == task_id else "a new ID" for each in ids]
    print(f"first: {said[0]}, second: {said[1]} | listed: {', '.join(each['url'] for each in listed)}")
    assert said == ["task's ID"] * 2 and [each["url"] for each in listed] == ["http://127.0.0.1:9/second"]

asyncio.run(main())
PY
