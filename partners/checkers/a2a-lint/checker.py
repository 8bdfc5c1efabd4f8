"""a2a-lint: a linter of cards, and a send and a stream with --live."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, check, run  # noqa: E402
from tools import tool  # noqa: E402


async def lint(*flags):
    grades = []
    for agent in (None, "ticker"):
        told = await tool("a2a-lint", *flags, "--strict", base(agent))
        grades.append(re.search("GRADE .", told)[0])
    check(set(grades) == {"GRADE A"}, grades)
    return "grade A"


async def card():
    return await lint()


async def tasks():
    return await lint("--live")


run({"card": card, "tasks": tasks})
