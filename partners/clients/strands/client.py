"""Strands Agents: its A2AAgent."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, check, run  # noqa: E402
from strands.agent.a2a_agent import A2AAgent  # noqa: E402


def text(result):
    return "".join(block.get("text", "") for block in result.message["content"])


async def card():
    seen = await A2AAgent(base()).get_agent_card()
    check(seen.name == "Echo", seen)


async def named_card():
    seen = await A2AAgent(base("interview")).get_agent_card()
    check(seen.name == "Interviewer", seen)


async def send():
    seen = await A2AAgent(base()).invoke_async("Hello, agent!")
    check(text(seen) == "Hello, agent!", seen)


async def stream():
    events = [event async for event in A2AAgent(base("ticker")).stream_async("3 every 100ms")]
    check(len(events) > 4, events)
    check("tick 3" in text(events[-1]["result"]), events[-1])


async def question():
    seen = await A2AAgent(base("interview")).invoke_async("Let us begin")
    check(seen.stop_reason == "interrupt" and "What is your name?" in text(seen), seen)


async def failure():
    seen = await A2AAgent(base("invoice")).invoke_async('{"customer": 1}')
    check("the order has no customer" in text(seen), seen)


async def big_text():
    big = "ü" * 500_000
    seen = text(await A2AAgent(base()).invoke_async(big))
    check(seen == big, f"{len(seen)} characters")


run(
    {
        "card": card,
        "named": named_card,
        "send": send,
        "stream": stream,
        "question": question,
        "failure": failure,
        "big": big_text,
    }
)
