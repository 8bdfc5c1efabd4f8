"""What the agents of the official SDKs do, whatever their version."""

import asyncio

from a2a.server.agent_execution import AgentExecutor
from a2a.server.tasks import TaskUpdater
from a2a.types import AgentCapabilities, AgentSkill

# Fields of a card that do not tell where the agent is.
CARD = {
    'name': 'Python',
    'description': 'Says what it is told',
    'version': '1',
    'capabilities': AgentCapabilities(streaming=True),
    'default_input_modes': ['text/plain'],
    'default_output_modes': ['text/plain'],
    'skills': [AgentSkill(id='say', name='say', description='Says it', tags=['say'])],
}


class Sayer(AgentExecutor):
    """Says what it is told; asks first when that is "ask", and goes on until it is cancelled when it is "wait"."""

    def __init__(self, new_task, text_part, ask):
        self.new_task = new_task
        self.text_part = text_part
        self.ask = ask

    async def execute(self, context, event_queue):
        first = context.current_task is None
        if first:
            await event_queue.enqueue_event(self.new_task(context))
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        text = context.get_user_input()
        if first and text == 'ask':
            await self.ask(updater, self.says(updater, 'What is it?'))
            return
        await updater.start_work(self.says(updater, 'on it'))
        if text == 'wait':
            await asyncio.Event().wait()
        await updater.add_artifact([self.text_part(text)], artifact_id='said')
        await updater.complete()

    async def cancel(self, context, event_queue):
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()

    def says(self, updater, text):
        return updater.new_agent_message([self.text_part(text)])
