#!/usr/bin/env bash
# a2a-sdk 1.3.0 (Python), DefaultRequestHandler: messages that continue a task and name only the task, as the
# specification (3.4.2) allows. Expected: the executor is given the context ID of the task.
# - RequestContext.context_id is a new random ID in each, though current_task of the same object has the right one. An
#   executor that makes a TaskUpdater of context.task_id and context.context_id says that ID in its first follow-up, and
#   is refused in the second, since the two random IDs differ: the client gets -32602 for a valid message.
# Seen with: first follow-up: executor's context another, status message's another | second: -32602 Context in event
#   doesn't match TaskManager | with the contextId: INPUT_REQUIRED
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
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, Part, Task, TaskState, TaskStatus
from starlette.applications import Starlette

logging.disable()
contexts = []

class Asks(AgentExecutor):
    async def execute(self, context, event_queue):
        contexts.append(context.context_id)
        if context.current_task is None:
            await event_queue.enqueue_event(Task(
                id=context.task_id, context_id=context.context_id,
                status=TaskStatus(state=TaskState.TASK_STATE_SUBMITTED), history=[context.message]))
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        await updater.requires_input(updater.new_agent_message([Part(text="which?")]))

    async def cancel(self, context, event_queue): ...

async def main():
    card = AgentCard(name="Asks", capabilities=AgentCapabilities())
    handler = DefaultRequestHandler(agent_executor=Asks(), task_store=InMemoryTaskStore(), agent_card=card)
    app = Starlette(routes=create_jsonrpc_routes(handler, "/"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent") as client:
        async def send(message_id, **of_message):
            message = {"messageId": message_id, "role": "ROLE_USER", "parts": [{"text": "hi"}], **of_message}
            answer = await client.post("/", headers={"A2A-Version": "1.0"}, json={
                "jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}})
            return answer.json()

        first = (await send("m1"))["result"]["task"]
        context = first["contextId"]
        second = (await send("m2", taskId=first["id"]))["result"]["task"]
        refused = (await send("m3", taskId=first["id"]))["error"]
        other = (await send("m4"))["result"]["task"]
        named = (await send("m5", taskId=other["id"], contextId=other["contextId"]))["result"]["task"]
    told = [contexts[1], second["status"]["message"]["contextId"]]
    said = ["the same" if each == context else "another" for each in told]
    print(f"first follow-up: executor's context {said[0]}, status message's {said[1]} | "
          f"second: {refused['code']} {refused['message'].split(' TaskManager')[0]} TaskManager | "
          f"with the contextId: {named['status']['state'].removeprefix('TASK_STATE_')}")
    assert second["contextId"] == context and said == ["another"] * 2
    assert refused["code"] == -32602 and named["status"]["state"] == "TASK_STATE_INPUT_REQUIRED"

asyncio.run(main())
PY
