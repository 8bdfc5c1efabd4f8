"""agno: its A2AClient, over both of its protocols."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from agno.client.a2a import A2AClient  # noqa: E402
from cases import base, check, run  # noqa: E402


def both(case):
    """The case over HTTP+JSON, then over JSON-RPC."""

    async def each():
        for protocol in ("rest", "json-rpc"):
            await case(lambda agent=None: A2AClient(base(agent), protocol=protocol))

    return each


async def card(client):
    # Its JSON-RPC protocol asks for the card at the agent's own address.
    seen = await client().aget_agent_card()
    check(seen is not None and seen.name == "Echo", seen)


async def named_card(client):
    seen = await client("interview").aget_agent_card()
    check(seen is not None and seen.name == "Interviewer", seen)


async def send(client):
    # It shows what is in the history, no artifacts: the agent repeats its answer there (repeatAnswer).
    seen = await client("telling").send_message("Hello, agent!")
    check(seen.content == "Hello, agent!", seen)


async def stream(client):
    seen = [event async for event in client("ticker").stream_message("3 every 100ms")]
    check(len(seen) > 3 and any("tick 3" in (event.content or "") for event in seen), seen)


async def context(client):
    first = await client("telling").send_message("one")
    second = await client("telling").send_message("two", context_id=first.context_id)
    check(first.task_id != second.task_id and first.context_id == second.context_id, (first, second))
    check(second.content == "two", second)


async def failure(client):
    seen = await client("invoice").send_message('{"customer": 1}')
    check(seen.status == "failed" and "the order has no customer" in seen.content, seen)


async def big_text(client):
    big = "ü" * 500_000
    seen = await client("telling").send_message(big)
    check(seen.content == big, f"{len(seen.content)} characters")


async def question(client):
    seen = await client("interview").send_message("Let us begin")
    check(seen.status == "input-required" and "What is your name?" in seen.content, seen)


run(
    {
        "card": both(card),
        "named": both(named_card),
        "send": both(send),
        "stream": both(stream),
        "question": both(question),
        "context": both(context),
        "failure": both(failure),
        "big": both(big_text),
    }
)
