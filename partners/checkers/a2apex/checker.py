"""a2apex: validates a card, and tests the operations."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, check, run  # noqa: E402
from tools import tool  # noqa: E402


async def card():
    told = await tool("a2apex", "validate", base())
    return re.search(r"Score: (\S+?)/100", told)[1]


async def tasks():
    told = await tool("a2apex", "test", base())
    passed = re.findall("✓.* (\w+):", told)
    check({"message_send", "task_get", "streaming", "invalid_method", "task_cancel"} <= set(passed), told)


run({"card": card, "tasks": tasks})
