"""a2a-proof: makes a contract out of a card, and holds the agent to it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, run  # noqa: E402
from tools import tool  # noqa: E402

import tempfile  # noqa: E402


async def contract(*words):
    for agent in (None, "interview"):
        with tempfile.TemporaryDirectory() as directory:
            await tool("a2a-proof", "init", base(agent), cwd=directory)
            for word in words:
                await tool("a2a-proof", word, cwd=directory)


async def card():
    await contract("check")
    return "yes"


async def tasks():
    await contract("run")


run({"card": card, "tasks": tasks})
