"""What the programs of partners in Python have in common: one line of JSON for each case that was tried.

The first argument of a program is JSON: {"url": the bridge's, "cases": ["send", ...] or absent}.
"""

import asyncio
import json
import sys
import time

CASE_SECONDS = 60
OUTPUT = sys.stdout
# What a library prints is none of the results.
sys.stdout = sys.stderr
CONFIG = json.loads(sys.argv[1])


def base(agent=None):
    """Where an agent is: the default one is at the root too."""
    return CONFIG["url"] if agent is None else f"{CONFIG['url']}/a2a/{agent}"


def check(condition, seen):
    if not condition:
        raise AssertionError(f"saw {seen!r}"[:600])


def innermost(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def attempt(case):
    began = time.monotonic()
    ok, detail = True, None
    try:
        detail = await asyncio.wait_for(case(), CASE_SECONDS)
    except Exception as error:
        error = innermost(error)
        ok, detail = False, f"{type(error).__name__}: {' '.join(str(error).split())[:800]}"
    return {"ok": ok, "detail": detail, "ms": round(1000 * (time.monotonic() - began))}


def run(cases):
    """cases: {name: async function, which may return what to tell of it}"""

    async def each():
        for name, case in cases.items():
            if name in CONFIG.get("cases", cases):
                print(json.dumps({"case": name, **await attempt(case)}), flush=True, file=OUTPUT)

    asyncio.run(each())
