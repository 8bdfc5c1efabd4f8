"""fasta2a in front of an agent of Pydantic AI."""

import os

import uvicorn
from fasta2a.pydantic_ai import agent_to_a2a
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

class Amount(BaseModel):
    amount: int


client = AsyncOpenAI(base_url=f"{os.environ['MODEL_URL']}/v1", api_key="none", max_retries=0)
model = OpenAIChatModel("fake", provider=OpenAIProvider(openai_client=client))
app = agent_to_a2a(Agent(model, output_type=[str, Amount]), name="Partner", url=os.environ["PARTNER_URL"])
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PARTNER_PORT"]), log_level="warning")
