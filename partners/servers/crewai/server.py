"""CrewAI: its A2A task functions behind the server of the official SDK, as it has none of its own."""

import os

import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.apps import A2AStarletteApplication
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.tasks import InMemoryTaskStore
from crewai import LLM, Agent
from crewai.a2a.config import A2AServerConfig
from crewai.a2a.utils.task import cancel, execute

agent = Agent(
    role="Partner",
    goal="Says what it is told.",
    backstory="Says what it is told.",
    llm=LLM(model="openai/fake", base_url=f"{os.environ['MODEL_URL']}/v1", api_key="none", max_retries=0),
    a2a=A2AServerConfig(url=os.environ["PARTNER_URL"]),
)


class Executor(AgentExecutor):
    async def execute(self, context, event_queue):
        await execute(agent, context, event_queue)

    async def cancel(self, context, event_queue):
        await cancel(context, event_queue)


handler = DefaultRequestHandler(agent_executor=Executor(), task_store=InMemoryTaskStore())
app = A2AStarletteApplication(agent_card=agent.to_agent_card(os.environ["PARTNER_URL"]), http_handler=handler).build()
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PARTNER_PORT"]), log_level="warning")
