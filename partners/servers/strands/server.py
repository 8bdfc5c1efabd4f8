"""Strands Agents."""

import os

from strands import Agent, ToolContext, tool
from strands.models.openai import OpenAIModel
from strands.multiagent.a2a import A2AServer


@tool(context=True)
def ask_user(question: str, tool_context: ToolContext) -> str:
    """Asks the user.

    Args:
        question: What to ask.
    """
    return tool_context.interrupt("city", reason=question)


def agent_of_context(context_id: str) -> Agent:
    return Agent(
        name="Partner",
        description="Says what it is told.",
        model=OpenAIModel(
            client_args={"base_url": f"{os.environ['MODEL_URL']}/v1", "api_key": "none", "max_retries": 0},
            model_id="fake",
        ),
        tools=[ask_user],
        callback_handler=None,
    )


port = int(os.environ["PARTNER_PORT"])
A2AServer(agent_factory=agent_of_context, http_url=os.environ["PARTNER_URL"], port=port).serve(port=port)
