"""Google ADK: an LlmAgent behind to_a2a(), with a tool that asks."""

import os
from urllib.parse import urlsplit

import uvicorn
from google.adk.a2a.utils.agent_to_a2a import to_a2a
from google.adk.agents import LlmAgent
from google.adk.models.google_llm import Gemini
from google.adk.tools import LongRunningFunctionTool


os.environ.setdefault("GOOGLE_API_KEY", "none")


def ask_user(question: str) -> dict:
    """Asks the user."""
    return {"status": "pending", "question": question}


public = urlsplit(os.environ["PARTNER_URL"])
agent = LlmAgent(
    name="partner",
    description="Says what it is told.",
    model=Gemini(model="gemini-fake", base_url=os.environ["MODEL_URL"]),
    tools=[LongRunningFunctionTool(ask_user)],
)
app = to_a2a(agent, host=public.hostname, port=public.port)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PARTNER_PORT"]), log_level="warning")
