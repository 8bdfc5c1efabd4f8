#!/usr/bin/env bash
# beeai-framework 0.1.85 with a2a-sdk 0.3.26 (Python), A2AAgent.run(), with an agent on a2a-sdk:
# - of a task with two artifacts the output is the last one alone;
# - a task that fails, or is rejected, is an answer like any other: its reason is the output, and nothing is raised.
# Expected: both artifacts; an error, as for a call that fails.
# Seen with: one artifact: 'first' | two artifacts: 'second' | fails: 'No such order.' | rejects: 'No such order.'
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet 'beeai-framework[a2a]==0.1.85' 'a2a-sdk[http-server]==0.3.26'
cat > show.py <<'PY'
import asyncio, logging, socket, sys

import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.apps import A2AStarletteApplication
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentSkill, Part, TextPart
from a2a.utils import new_task
from beeai_framework.adapters.a2a.agents import A2AAgent
from beeai_framework.memory import UnconstrainedMemory

logging.disable(logging.CRITICAL)
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
url = f'http://127.0.0.1:{listener.getsockname()[1]}/'
card = AgentCard(
    name='shop', description='Sells', url=url, version='1.0.0', capabilities=AgentCapabilities(streaming=True),
    default_input_modes=['text/plain'], default_output_modes=['text/plain'],
    skills=[AgentSkill(id='sell', name='Sell', description='Sells', tags=['shop'])])


class Shop(AgentExecutor):
    async def execute(self, context, queue):
        order = context.get_user_input()
        await queue.enqueue_event(new_task(context.message))
        task = TaskUpdater(queue, context.task_id, context.context_id)
        text = lambda words: [Part(root=TextPart(text=words))]
        say = lambda words: task.new_agent_message(text(words))
        if order == 'fails':
            return await task.failed(say('No such order.'))
        if order == 'rejects':
            return await task.reject(say('No such order.'))
        await task.add_artifact(text('first'))
        if order == 'two artifacts':
            await task.add_artifact(text('second'))
        await task.complete()

    async def cancel(self, context, queue):
        pass


async def ask(order):
    try:
        answer = await A2AAgent(url=url, memory=UnconstrainedMemory()).run(order)
        return ' '.join(message.text for message in answer.output)
    except Exception as error:
        return type(error).__name__


async def main():
    handler = DefaultRequestHandler(agent_executor=Shop(), task_store=InMemoryTaskStore())
    app = A2AStarletteApplication(agent_card=card, http_handler=handler).build()
    server = uvicorn.Server(uvicorn.Config(app, log_level='critical'))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.1)
    orders = ['one artifact', 'two artifacts', 'fails', 'rejects']
    seen = {order: await ask(order) for order in orders}
    print(' | '.join(f'{order}: {answer!r}' for order, answer in seen.items()))
    server.should_exit = True
    await serving
    sys.exit(list(seen.values()) != ['first', 'second', 'No such order.', 'No such order.'])


asyncio.run(main())
PY
timeout 120 venv/bin/python -W ignore show.py
