"""a2a-handler: its command line."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, check, run  # noqa: E402

HANDLER = Path(sys.executable).parent / "handler"
HOME = tempfile.TemporaryDirectory()


async def handler(*words, agent=None, output="json"):
    """What it prints: an object, or a list of them as they come."""
    command = [str(HANDLER), "--output", output, *words, "--url", base(agent)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"HOME": HOME.name, "PATH": "/usr/bin:/bin"},
        limit=2**24,
    )
    out, error = await process.communicate()
    check(process.returncode == 0, error.decode())
    return [json.loads(line) for line in out.decode().splitlines()] if output == "ndjson" else json.loads(out)


def send(text, *more, agent=None):
    return handler("message", "send", "--text", text, *more, agent=agent)


def said(task):
    parts = task["status"].get("message", {}).get("parts", [])
    parts = [*parts, *(part for artifact in task.get("artifacts", []) for part in artifact["parts"])]
    return "\n".join(part["text"] for part in parts if "text" in part)


async def card():
    seen = await handler("card", "get")
    check(seen["name"] == "Echo", seen)
    await handler("card", "validate")


async def named():
    seen = await handler("card", "get", agent="interview")
    check(seen["name"] == "Interviewer", seen)


async def hello():
    seen = await send("Hello, agent!")
    check(said(seen) == "Hello, agent!", seen)


async def stream():
    seen = await handler("message", "stream", "--text", "3 every 100ms", agent="ticker", output="ndjson")
    check(len(seen) > 3 and "tick 3" in json.dumps(seen), seen)


async def poll():
    task = await send("3 every 100ms", "--no-wait", agent="ticker")
    while task["status"]["state"] != "TASK_STATE_COMPLETED":
        task = await handler("task", "get", task["id"], agent="ticker")
    check("tick 3" in said(task), task)


async def multi_turn():
    asked = await send("Let us begin", agent="interview")
    check(said(asked) == "What is your name?", asked)
    answered = await send("Ada", "--task-id", asked["id"], "--context-id", asked["contextId"], agent="interview")
    check("Your name is Ada." in said(answered), answered)


async def context():
    first = await send("one")
    second = await send("two", "--context-id", first["contextId"])
    check(first["id"] != second["id"] and first["contextId"] == second["contextId"], (first, second))


async def failure():
    seen = await send('{"customer": 1}', agent="invoice")
    check("the order has no customer" in said(seen), seen)


async def cancel():
    task = await send("100 every 1s", "--no-wait", agent="ticker")
    seen = await handler("task", "cancel", task["id"], agent="ticker")
    check("CANCELED" in json.dumps(seen).upper(), seen)


async def artifacts():
    file = Path(HOME.name) / "a.png"
    file.write_bytes(b"\x89PNG")
    seen = await send("a text", "--data", '{"a": [1, null]}', "--file", str(file))
    parts = seen["artifacts"][0]["parts"]
    check([key for part in parts for key in ("text", "data", "raw") if key in part] == ["text", "raw", "data"], parts)
    check(parts[1]["raw"] == "iVBORw==" and parts[2]["data"] == {"a": [1, None]}, parts)


async def big():
    # A word of a command line has at most 128 kB.
    text = "ü" * 60_000
    seen = said(await send(text))
    check(seen == text, f"{len(seen)} characters")


run(
    {
        "card": card,
        "named": named,
        "send": hello,
        "stream": stream,
        "poll": poll,
        "multi-turn": multi_turn,
        "context": context,
        "failure": failure,
        "cancel": cancel,
        "artifacts": artifacts,
        "big": big,
    }
)
