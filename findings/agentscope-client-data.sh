#!/usr/bin/env bash
# agentscope 2.0.11 with a2a-sdk 1.3.0 (Python), A2AAgent.reply(), with an agent on a2a-sdk:
# an artifact with a data part, which A2A 1.0 lets any agent send, ends the call with a ValueError. The text that came before
# it is not in the reply, and the task goes on to COMPLETED on the server. A failed task raises nothing: its reason is the
# end of the reply.
# Expected: the text, with the data left out or as JSON.
# Seen with: text: completed 'Two orders:' | fails: error 'Two orders:no such order' | data: ValueError, A2AAgent supports text, raw,
#   and URL parts; got unsupported data content. | the task: TASK_STATE_COMPLETED, 2 parts
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet agentscope==2.0.11 a2a-sdk==1.3.0
cat > show.py <<'PY'
import asyncio, socket, sys

import uvicorn
from a2a.client import ClientConfig, ClientFactory
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (AgentCapabilities, AgentCard, AgentInterface, AgentSkill, GetTaskRequest, Part, Task, TaskState,
                       TaskStatus)
from agentscope.agent import A2AAgent
from agentscope.message import UserMsg
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Value
from starlette.applications import Starlette

listener = socket.socket()
listener.bind(('127.0.0.1', 0))
card = AgentCard(
    name='shop', description='Sells', version='1.0.0', capabilities=AgentCapabilities(streaming=True),
    default_input_modes=['text/plain'], default_output_modes=['text/plain', 'application/json'],
    skills=[AgentSkill(id='list', name='List', description='Lists orders', tags=['orders'])],
    supported_interfaces=[AgentInterface(
        protocol_binding='JSONRPC', protocol_version='1.0', url=f'http://127.0.0.1:{listener.getsockname()[1]}/')])
ids = []


class Shop(AgentExecutor):
    async def execute(self, context, queue):
        ids.append(context.task_id)
        status = TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)
        await queue.enqueue_event(
            Task(id=context.task_id, context_id=context.context_id, status=status, history=[context.message]))
        task = TaskUpdater(queue, context.task_id, context.context_id)
        order = context.get_user_input()
        data = [Part(data=ParseDict({'orders': [1, 2]}, Value()))] if order == 'data' else []
        await task.add_artifact([Part(text='Two orders:'), *data])
        if order == 'fails':
            await task.failed(task.new_agent_message([Part(text='no such order')]))
        else:
            await task.complete()

    async def cancel(self, context, queue):
        pass


async def ask(order):
    async with A2AAgent(card) as agent:
        try:
            reply = await agent.reply(UserMsg(name='user', content=order))
        except ValueError as error:
            return f'ValueError, {error}'
        return f'{reply.finished_reason} {"".join(block.text for block in reply.content)!r}'


async def main():
    handler = DefaultRequestHandler(agent_executor=Shop(), task_store=InMemoryTaskStore(), agent_card=card)
    routes = create_agent_card_routes(card) + create_jsonrpc_routes(request_handler=handler, rpc_url='/')
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level='error'))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.1)
    seen = [await ask(order) for order in ('text', 'fails', 'data')]
    client = ClientFactory(ClientConfig()).create(card)
    for left in range(50, -1, -1):
        task = await client.get_task(GetTaskRequest(id=ids[-1]))
        if task.status.state == TaskState.TASK_STATE_COMPLETED or left == 0:
            break
        await asyncio.sleep(0.1)
    state, parts = TaskState.Name(task.status.state), len(task.artifacts[0].parts)
    print(f'text: {seen[0]} | fails: {seen[1]} | data: {seen[2]} | the task: {state}, {parts} parts')
    server.should_exit = True
    await serving
    expected = ["completed 'Two orders:'", "error 'Two orders:no such order'"]
    right = seen[:2] == expected and seen[2].startswith('ValueError') and state == 'TASK_STATE_COMPLETED' and parts == 2
    sys.exit(not right)


asyncio.run(main())
PY
timeout 120 venv/bin/python show.py
