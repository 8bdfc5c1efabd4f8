"""a2a-lite: one skill that streams what the fake model says."""

import os

import uvicorn
from a2a_lite import Agent
from openai import AsyncOpenAI

client = AsyncOpenAI(base_url=f"{os.environ['MODEL_URL']}/v1", api_key="none", max_retries=0)
agent = Agent(name="Partner", description="Says what it is told.", url=os.environ["PARTNER_URL"])


@agent.skill("say", streaming=True)
async def say(message: str):
    messages = [{"role": "user", "content": message}]
    async for chunk in await client.chat.completions.create(model="fake", messages=messages, stream=True):
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


uvicorn.run(agent.get_app(), host="127.0.0.1", port=int(os.environ["PARTNER_PORT"]), log_level="warning")
