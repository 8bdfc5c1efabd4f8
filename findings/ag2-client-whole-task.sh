#!/usr/bin/env bash
# ag2 1.2.1 with a2a-sdk 1.3.0 (Python), an Agent with an A2AConfig, with an agent on a2a-sdk whose card says that it streams:
# - An answer that is one Task, already COMPLETED with its artifacts, which 1.0 lets a stream consist of (section 3.1.2), is an
#   answer without a body. Of a Task in a stream the client keeps the IDs alone. The same answer in pieces has a body, and so
#   has the whole Task with streaming=False.
# - A Task that is FAILED from its first event on is an answer without a body, too, where a status update with FAILED raises an error.
# Expected: the text of the artifacts; the error.
# Seen with: pieces: hello | whole: None | whole, not streaming: hello | failed in pieces: A2ATaskFailedError | failed whole: None
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet 'ag2[a2a]==1.2.1' 'a2a-sdk[http-server]==1.3.0' uvicorn==0.38.0
cat > show.py <<'PY'
import asyncio, socket, sys

import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Artifact, Part, Task, TaskState,
                       TaskStatus)
from ag2 import Agent
from ag2.a2a import A2AConfig
from starlette.applications import Starlette

listener = socket.socket()
listener.bind(('127.0.0.1', 0))
url = f'http://127.0.0.1:{listener.getsockname()[1]}/'
card = AgentCard(
    name='shop', description='Sells', version='1.0.0', capabilities=AgentCapabilities(streaming=True),
    default_input_modes=['text/plain'], default_output_modes=['text/plain'],
    skills=[AgentSkill(id='sell', name='Sell', description='Sells', tags=['shop'])],
    supported_interfaces=[AgentInterface(protocol_binding='JSONRPC', protocol_version='1.0', url=url)])


class Shop(AgentExecutor):
    async def execute(self, context, queue):
        order = context.get_user_input()
        failed, whole = 'failed' in order, 'whole' in order
        end = TaskState.TASK_STATE_FAILED if failed else TaskState.TASK_STATE_COMPLETED
        hello = Artifact(artifact_id='a1', parts=[Part(text='hello')])
        await queue.enqueue_event(Task(
            id=context.task_id, context_id=context.context_id, history=[context.message],
            status=TaskStatus(state=end if whole else TaskState.TASK_STATE_SUBMITTED), artifacts=[hello] if whole else []))
        if whole:
            return
        task = TaskUpdater(queue, context.task_id, context.context_id)
        if failed:
            return await task.failed()
        await task.add_artifact([Part(text='hello')])
        await task.complete()

    async def cancel(self, context, queue):
        pass


async def ask(order, **options):
    try:
        reply = await Agent('asker', config=A2AConfig(card_url=url, **options)).ask(order)
        return str(reply.body)
    except Exception as error:
        return type(error).__name__


async def main():
    handler = DefaultRequestHandler(agent_executor=Shop(), task_store=InMemoryTaskStore(), agent_card=card)
    routes = create_agent_card_routes(card) + create_jsonrpc_routes(request_handler=handler, rpc_url='/')
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level='error'))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.1)
    seen = {
        'pieces': await ask('pieces'),
        'whole': await ask('whole'),
        'whole, not streaming': await ask('whole', streaming=False),
        'failed in pieces': await ask('failed'),
        'failed whole': await ask('failed whole'),
    }
    print(' | '.join(f'{name}: {answer}' for name, answer in seen.items()))
    server.should_exit = True
    await serving
    sys.exit(list(seen.values()) != ['hello', 'None', 'hello', 'A2ATaskFailedError', 'None'])


asyncio.run(main())
PY
timeout 120 venv/bin/python -W ignore show.py
