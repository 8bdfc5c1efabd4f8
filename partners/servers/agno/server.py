"""AgentOS of Agno with its A2A interface."""

import os

import uvicorn
from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS

model = OpenAILike(id="fake", base_url=f"{os.environ['MODEL_URL']}/v1", api_key="none", max_retries=0)
agent = Agent(id="partner", name="Partner", model=model, db=InMemoryDb(), add_history_to_context=True, telemetry=False)
app = AgentOS(agents=[agent], a2a_interface=True, telemetry=False).get_app()
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PARTNER_PORT"]), log_level="warning")
