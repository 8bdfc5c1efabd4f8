"""Google ADK: RemoteA2aAgent in a Runner, as an agent of ADK that calls another one out does it."""

import asyncio
import logging
import sys
import uuid
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

from cases import base, check, run  # noqa: E402
from google.adk.agents.remote_a2a_agent import RemoteA2aAgent  # noqa: E402
from google.adk.runners import InMemoryRunner  # noqa: E402
from google.genai import types  # noqa: E402


class Conversation:
    """A session of ADK with one remote agent."""

    def __init__(self, agent=None):
        card = f"{base(agent)}/.well-known/agent-card.json"
        self.agent = RemoteA2aAgent(name="remote", agent_card=card)
        self.runner = InMemoryRunner(agent=self.agent, app_name="partners")
        self.session = None

    async def send(self, *parts):
        """The events that a message brings about."""
        if self.session is None:
            self.session = await self.runner.session_service.create_session(app_name="partners", user_id="ada")
        content = types.Content(
            role="user", parts=[types.Part(text=part) if isinstance(part, str) else part for part in parts]
        )
        run = self.runner.run_async(user_id="ada", session_id=self.session.id, new_message=content)
        return [event async for event in run]


def parts(events):
    return [part for event in events for part in (event.content.parts if event.content else [])]


def text(events):
    errors = [event.error_message for event in events if event.error_message]
    return "\n".join(errors + [part.text for part in parts(events) if part.text])


def tasks(events):
    metadata = [event.custom_metadata or {} for event in events]
    return [(data.get("a2a:task_id"), data.get("a2a:context_id")) for data in metadata if "a2a:task_id" in data]


async def card():
    conversation = Conversation()
    await conversation.send("hi")
    check("Sends back what it was sent." in conversation.agent.description, conversation.agent.description)


async def named_card():
    conversation = Conversation("interview")
    await conversation.send("hi")
    check("Asks for your name" in conversation.agent.description, conversation.agent.description)


async def send():
    answer = text(await Conversation().send("Hello, agent!"))
    check(answer == "Hello, agent!", answer)


async def stream():
    events = await Conversation("ticker").send("3 every 100ms")
    check(len(events) > 3 and "tick 3" in text(events), text(events))


async def multi_turn():
    conversation = Conversation("interview")
    asked = await conversation.send("Let us begin")
    questions = [part.function_call.args for part in parts(asked) if part.function_call]
    check(questions == [{"input_required": "What is your name?"}], questions)
    answer = text(await conversation.send("Ada"))
    check("Your name is Ada." in answer, answer)


async def context():
    conversation = Conversation()
    first, second = tasks(await conversation.send("one")), tasks(await conversation.send("two"))
    check(first[0][0] != second[0][0] and first[0][1] == second[0][1], (first, second))


async def failure():
    answer = text(await Conversation("invoice").send('{"customer": 1}'))
    check("the order has no customer" in answer, answer)


async def artifacts():
    image = types.Part(inline_data=types.Blob(mime_type="image/png", data=b"\x89PNG"))
    seen = parts(await Conversation().send("a text", image))
    blobs = [part.inline_data for part in seen if part.inline_data]
    check(any(part.text == "a text" for part in seen), seen)
    check(any(blob.mime_type == "image/png" and blob.data == b"\x89PNG" for blob in blobs), seen)


async def big_text():
    big = "ü" * 500_000
    answer = text(await Conversation().send(big))
    check(answer == big, f"{len(answer)} characters")


run(
    {
        "card": card,
        "named": named_card,
        "send": send,
        "stream": stream,
        "multi-turn": multi_turn,
        "context": context,
        "failure": failure,
        "artifacts": artifacts,
        "big": big_text,
    }
)
