"""fasta2a (the A2A side of Pydantic AI): its A2AClient."""

import asyncio
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, check, run  # noqa: E402
from fasta2a.client import A2AClient  # noqa: E402


def client(agent=None, fetch_card=True):
    made = A2AClient(base(agent), fetch_card=fetch_card)
    made.http_client.timeout = 30
    return made


def message(*parts, **fields):
    parts = [{"text": part} if isinstance(part, str) else part for part in parts]
    return {"role": "user", "message_id": str(uuid.uuid4()), "parts": parts, **fields}


def result(response):
    check("error" not in response, response)
    got = response["result"]
    return got.get("task", got)


def said(task):
    status = task["status"].get("message", {}).get("parts", [])
    parts = [part for artifact in task.get("artifacts", []) for part in artifact["parts"]]
    return "\n".join(part["text"] for part in [*status, *parts] if "text" in part)


async def card():
    check(client().agent_card["name"] == "Echo", client().agent_card)


async def named_card():
    check(client("interview").agent_card["name"] == "Interviewer", client("interview").agent_card)


async def send():
    task = result(await client().send_message(message("Hello, agent!")))
    check(said(task) == "Hello, agent!", task)


async def stream():
    events = [event async for event in client("ticker").stream_message(message("3 every 100ms"))]
    check(len(events) > 3 and "tick 3" in str(events), events)


async def poll():
    ticker = client("ticker")
    task = result(
        await ticker.send_message(message("3 every 100ms"), configuration={"accepted_output_modes": [], "blocking": False})
    )
    for _ in range(200):
        task = result(await ticker.get_task(task["id"]))
        if str(task["status"]["state"]) in ("completed", "TASK_STATE_COMPLETED"):
            break
        await asyncio.sleep(0.1)
    check("tick 3" in said(task), task)


async def multi_turn():
    interview = client("interview")
    asked = result(await interview.send_message(message("Let us begin")))
    check("What is your name?" in said(asked), asked)
    answered = result(await interview.send_message(message("Ada", task_id=asked["id"], context_id=asked["context_id"])))
    check("Your name is Ada." in said(answered), answered)


async def context():
    first = result(await client().send_message(message("one")))
    second = result(await client().send_message(message("two", context_id=first["context_id"])))
    check(first["id"] != second["id"] and first["context_id"] == second["context_id"], (first, second))


async def failure():
    task = result(await client("invoice").send_message(message('{"customer": 1}')))
    check("the order has no customer" in said(task), task)


async def artifacts():
    sent = [{"text": "a text"}, {"data": {"a": [1, None]}}, {"raw": "iVBORw==", "media_type": "image/png"}]
    task = result(await client().send_message(message(*sent)))
    check([part.get("data") or part.get("text") or part.get("raw") for part in task["artifacts"][0]["parts"]], task)
    return str(task["artifacts"][0]["parts"])


async def big_text():
    big = "ü" * 500_000
    answer = said(result(await client().send_message(message(big))))
    check(answer == big, f"{len(answer)} characters")


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
