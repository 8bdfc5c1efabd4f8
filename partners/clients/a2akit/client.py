"""a2akit: its A2AClient."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from a2a.types import DataPart, FilePart, FileWithBytes, Part, TextPart  # noqa: E402
from a2akit.client import A2AClient  # noqa: E402
from cases import base, check, run  # noqa: E402


def client(agent=None, protocol="jsonrpc"):
    return A2AClient(base(agent), protocol=protocol)


def both(case):
    """The case over JSON-RPC, then over HTTP+JSON."""

    async def each():
        for protocol in ("jsonrpc", "http+json"):
            await case(lambda agent=None: client(agent, protocol))

    return each


async def card(client):
    async with client() as echo:
        check(echo.agent_name == "Echo", echo.agent_card)


async def named_card(client):
    async with client("interview") as interview:
        check(interview.agent_name == "Interviewer", interview.agent_card)


async def send(client):
    async with client() as echo:
        seen = await echo.send("Hello, agent!")
        check(seen.completed and seen.text == "Hello, agent!", seen)


async def stream(client):
    async with client("ticker") as ticker:
        seen = [event async for event in ticker.stream("3 every 100ms")]
        check(len(seen) > 3 and any("tick 3" in (event.text or "") for event in seen), seen)
        seen = [event async for event in ticker.subscribe(await begin(ticker, "20 every 100ms"))]
        check(any("tick 20" in (event.text or "") for event in seen), seen)


async def begin(agent, text):
    """Its `blocking=False` says nothing on the wire, and a send that says nothing waits: so a stream begins the task."""
    async for event in agent.stream(text):
        return event.task_id


async def poll(client):
    async with client("ticker") as ticker:
        task_id = await begin(ticker, "3 every 100ms")
        while not (seen := await ticker.get_task(task_id)).is_terminal:
            await asyncio.sleep(0.1)
        check("tick 3" in seen.text, seen)


async def begin(agent, text):
    """Its `blocking=False` says nothing on the wire, and a send that says nothing waits: so a stream begins the task."""
    async for event in agent.stream(text):
        return event.task_id


async def poll(client):
    async with client("ticker") as ticker:
        task_id = await begin(ticker, "3 every 100ms")
        while not (seen := await ticker.get_task(task_id)).is_terminal:
            await asyncio.sleep(0.1)
        check("tick 3" in seen.text, seen)


async def subscribe(client):
    async with client("ticker") as ticker:
        seen = [event async for event in ticker.subscribe(await begin(ticker, "20 every 100ms"))]
        check(any("tick 20" in (event.text or "") for event in seen), seen)


async def multi_turn(client):
    async with client("interview") as interview:
        asked = await interview.send("Let us begin")
        check(asked.input_required and asked.text == "What is your name?", asked)
        answered = await interview.send("Ada", task_id=asked.task_id)
        check("Your name is Ada." in answered.text, answered)


async def context(client):
    async with client() as echo:
        first = await echo.send("one")
        second = await echo.send("two", context_id=first.context_id)
        check(first.task_id != second.task_id and first.context_id == second.context_id, (first, second))
        listed = await echo.list_tasks(context_id=first.context_id)
        check({each.task_id for each in listed.tasks} == {first.task_id, second.task_id}, listed)


async def failure(client):
    async with client("invoice") as invoice:
        seen = await invoice.send('{"customer": 1}')
        check(seen.failed and "the order has no customer" in (seen.text or ""), seen)


async def cancel(client):
    async with client("ticker") as ticker:
        seen = await ticker.cancel(await begin(ticker, "100 every 1s"))
        check(seen.canceled, seen)


async def artifacts(client):
    file = FileWithBytes(bytes="iVBORw==", mime_type="image/png", name="a.png")
    parts = [TextPart(text="a text"), DataPart(data={"a": [1, None]}), FilePart(file=file)]
    async with client() as echo:
        seen = await echo.send_parts([Part(root=part) for part in parts])
        got = [part.root for part in seen.raw_task.artifacts[0].parts]
        check([part.kind for part in got] == ["text", "data", "file"], got)
        check((got[0].text, got[1].data, got[2].file.bytes) == ("a text", {"a": [1, None]}, "iVBORw=="), got)


async def big_text(client):
    big = "ü" * 500_000
    async with client() as echo:
        seen = await echo.send(big)
        check(seen.text == big, f"{len(seen.text or '')} characters")


run(
    {
        "card": both(card),
        "named": both(named_card),
        "send": both(send),
        "stream": both(stream),
        "poll": both(poll),
        "multi-turn": both(multi_turn),
        "context": both(context),
        "failure": both(failure),
        "cancel": both(cancel),
        "artifacts": both(artifacts),
        "big": both(big_text),
    }
)
