"""Checkers are command lines: here they are run."""

import asyncio
import sys
from pathlib import Path


async def tool(name, *words, cwd=None, good=(0,)):
    """What the command of that name in this environment prints; it fails with another exit code than a good one."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / name),
        *words,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    told = out.decode()
    if process.returncode not in good:
        raise AssertionError(f"{name} {' '.join(words)} ended with {process.returncode}: {told}")
    return told
