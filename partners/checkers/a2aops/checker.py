"""a2aops: checks cards and what they say of authentication, follows a task by polling and by its stream."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, check, run  # noqa: E402
from tools import tool  # noqa: E402

import json  # noqa: E402
import urllib.request  # noqa: E402
import uuid  # noqa: E402


# It does not see that a stream of 1.0 has told the end, and would connect again and again.
ONCE = ("--max-reconnects", "0")


async def card():
    told = await tool("a2aops", "card", "check", base())
    check("no issues found" in told, told)
    await tool("a2aops", "auth", base())
    return "no issues"


def begin():
    message = {"messageId": str(uuid.uuid4()), "role": "ROLE_USER", "parts": [{"text": "30 every 100ms"}]}
    body = {"message": message, "configuration": {"returnImmediately": True}}
    request = urllib.request.Request(
        f"{base('ticker')}/message:send", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["task"]["id"]


async def tasks():
    for binding in ("rest", "jsonrpc"):
        task_id = begin()
        streamed = await tool("a2aops", "stream", *ONCE, "--binding", binding, base("ticker"), task_id)
        # It prints no more of an event than its beginning, which may have no state. Each tick is two events.
        check(int(re.search(r"events=(\d+)", streamed)[1]) >= 30, streamed[-500:])
        polled = await tool("a2aops", "task", "poll", "--binding", binding, base("ticker"), task_id)
        check("no violations found" in polled, polled)


run({"card": card, "tasks": tasks})
