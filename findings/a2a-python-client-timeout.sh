#!/usr/bin/env bash
# a2a-sdk 1.3.0 (Python), client as create_client makes it, and server: a message to an agent that works for seven
# seconds without a word. Expected: the answer; agents take minutes, and sending waits for the end by default
# (specification 3.2.2).
# - The client gives up after five seconds without a byte, the default of httpx, also in the middle of a stream that the
#   server has opened and begun. The server goes on and completes the task, of which a client that did not stream has no
#   ID.
# Seen with: blocking: A2AClientTimeoutError after 5 s, events: none | streaming: A2AClientTimeoutError after 5 s,
#   events: task, status_update | on the server: 2 completed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'a2a-sdk[http-server]==1.3.0' httpx==0.28.1 uvicorn==0.38.0
"$work/venv/bin/python" - <<'PY'
import asyncio, logging, socket, time
import uvicorn
from a2a.client import ClientConfig, create_client
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (
    AgentCapabilities, AgentCard, AgentInterface, ListTasksRequest, Message, Part, Role, SendMessageRequest, Task,
    TaskState, TaskStatus)
from starlette.applications import Starlette

logging.disable()

class Slow(AgentExecutor):
    async def execute(self, context, event_queue):
        await event_queue.enqueue_event(Task(
            id=context.task_id, context_id=context.context_id,
            status=TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)))
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        await updater.start_work()
        await asyncio.sleep(7)
        await updater.complete()

    async def cancel(self, context, event_queue): ...

async def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    interface = AgentInterface(url=f"{url}/rpc", protocol_binding="JSONRPC", protocol_version="1.0")
    card = AgentCard(name="Slow", supported_interfaces=[interface], capabilities=AgentCapabilities(streaming=True))
    handler = DefaultRequestHandler(agent_executor=Slow(), task_store=InMemoryTaskStore(), agent_card=card)
    app = Starlette(routes=[*create_agent_card_routes(card), *create_jsonrpc_routes(handler, "/rpc")])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.05)
    seen = []
    for streaming in [False, True]:
        client = await create_client(url, client_config=ClientConfig(streaming=streaming))
        message = Message(message_id="m1", role=Role.ROLE_USER, parts=[Part(text="hi")])
        begun, events, error = time.monotonic(), [], None
        try:
            async for event in client.send_message(SendMessageRequest(message=message)):
                events.append(event.WhichOneof("payload"))
        except Exception as caught:
            error = type(caught).__name__
        seen.append((error, round(time.monotonic() - begun), events))
    for _ in range(100):
        tasks = (await client.list_tasks(ListTasksRequest())).tasks
        completed = sum(task.status.state == TaskState.TASK_STATE_COMPLETED for task in tasks)
        if completed == 2:
            break
        await asyncio.sleep(0.1)
    server.should_exit = True
    await serving
    print(" | ".join(
        f"{name}: {error} after {seconds} s, events: {', '.join(events) or 'none'}"
        for name, (error, seconds, events) in zip(["blocking", "streaming"], seen)),
        f"| on the server: {completed} completed")
    assert [error for error, _, _ in seen] == ["A2AClientTimeoutError"] * 2
    assert [events for _, _, events in seen] == [[], ["task", "status_update"]] and completed == 2

asyncio.run(main())
PY
