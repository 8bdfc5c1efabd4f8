"""agent-security-harness: its tests of A2A servers."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

from cases import base, check, run  # noqa: E402
from tools import tool  # noqa: E402


async def security():
    # 2: no test failed, and some could not tell.
    told = await tool("agent-security", "test", "a2a", "--url", base(), good=(0, 2))
    outcomes = re.findall(r"^ +(PASS|FAIL|INCONCLUSIVE)\b", told, re.MULTILINE)
    check("PASS" in outcomes and "FAIL" not in outcomes, told[-2_000:])
    return f"{outcomes.count('PASS')} of {len(outcomes)}"


run({"security": security})
