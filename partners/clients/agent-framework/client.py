"""Microsoft Agent Framework: its A2AAgent, given a card or only an address."""

import asyncio
import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

import httpx  # noqa: E402
from a2a.client import A2ACardResolver  # noqa: E402
from agent_framework import AgentSession, Content, Message  # noqa: E402
from agent_framework_a2a import A2AAgent  # noqa: E402
from cases import base, check, run  # noqa: E402


async def resolved(agent=None):
    async with httpx.AsyncClient() as http:
        return await A2ACardResolver(httpx_client=http, base_url=base(agent)).get_agent_card()


async def given_card(agent=None):
    return A2AAgent(agent_card=await resolved(agent))


def given_url(agent=None):
    return A2AAgent(name="remote", url=base(agent))


async def card():
    seen = await given_card()
    check(seen.name == "Echo", seen.name)


async def named_card():
    seen = await given_card("interview")
    check(seen.name == "Interviewer", seen.name)


async def send():
    for agent in (await given_card(), given_url()):
        seen = await agent.run("Hello, agent!")
        check(seen.text == "Hello, agent!", seen)


async def stream():
    seen = [update async for update in (await given_card("ticker")).run("3 every 100ms", stream=True)]
    check(len(seen) >= 3 and any("tick 3" in (update.text or "") for update in seen), seen)


async def poll():
    ticker = await given_card("ticker")
    seen = await ticker.run("3 every 100ms", background=True)
    while seen.continuation_token is not None:
        await asyncio.sleep(0.1)
        seen = await ticker.poll_task(seen.continuation_token)
    check("tick 3" in seen.text, seen)


async def multi_turn():
    interview, session = await given_card("interview"), AgentSession()
    asked = await interview.run("Let us begin", session=session)
    check("What is your name?" in asked.text, asked)
    answered = await interview.run("Ada", session=session)
    check("Your name is Ada." in answered.text, answered)


async def context():
    echo, session = await given_card(), AgentSession()
    await echo.run("one", session=session)
    first = dict(session.service_session_id)
    seen = await echo.run("two", session=session)
    second = session.service_session_id
    check(first["task_id"] != second["task_id"] and first["context_id"] == second["context_id"], (first, second))
    check(seen.text == "two", seen)


async def failure():
    seen = await (await given_card("invoice")).run('{"customer": 1}')
    check("the order has no customer" in seen.text, seen)


async def artifacts():
    image = Content.from_data(data=b"\x89PNG", media_type="image/png")
    message = Message(role="user", contents=[Content.from_text("a text"), image])
    seen = await (await given_card()).run(message)
    contents = [content for each in seen.messages for content in each.contents]
    check([content.type for content in contents] == ["text", "data"], contents)
    check(contents[0].text == "a text" and base64.b64encode(b"\x89PNG").decode() in contents[1].uri, contents)


async def big_text():
    big = "ü" * 500_000
    seen = (await (await given_card()).run(big)).text
    check(seen == big, f"{len(seen)} characters")


run(
    {
        "card": card,
        "named": named_card,
        "send": send,
        "stream": stream,
        "poll": poll,
        "multi-turn": multi_turn,
        "context": context,
        "failure": failure,
        "artifacts": artifacts,
        "big": big_text,
    }
)
