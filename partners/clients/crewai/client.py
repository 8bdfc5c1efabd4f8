"""CrewAI: the delegation that an agent with an A2AClientConfig makes, without a model in front of it."""

import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))

os.environ.update(CREWAI_DISABLE_TELEMETRY="true", OTEL_SDK_DISABLED="true", CREWAI_TRACING_ENABLED="false")
logging.disable(logging.CRITICAL)

from crewai.a2a.config import ClientTransportConfig  # noqa: E402
from crewai.a2a.updates import PollingConfig  # noqa: E402
from crewai.a2a.utils.agent_card import afetch_agent_card  # noqa: E402
from crewai.a2a.utils.delegation import aexecute_a2a_delegation  # noqa: E402
from cases import base, check, run  # noqa: E402


async def delegate(agent, text, **options):
    endpoint = f"{base(agent)}/.well-known/agent-card.json"
    return await aexecute_a2a_delegation(endpoint=endpoint, auth=None, timeout=30, task_description=text, **options)


async def card():
    seen = await afetch_agent_card(f"{base()}/.well-known/agent-card.json")
    check(seen.name == "Echo", seen)
    check((await afetch_agent_card(base())).name == "Echo", seen)


async def named_card():
    seen = await afetch_agent_card(f"{base('interview')}/.well-known/agent-card.json")
    check(seen.name == "Interviewer", seen)


async def send():
    for protocol in ("JSONRPC", "HTTP+JSON"):
        transport = ClientTransportConfig(preferred=protocol, supported=[protocol])
        seen = await delegate(None, "Hello, agent!", transport=transport)
        check(seen["status"] == "completed" and seen["result"] == "Hello, agent!", seen)


async def stream():
    seen = await delegate("ticker", "3 every 100ms")
    check("tick 3" in seen["result"], seen)


async def poll():
    seen = await delegate("ticker", "3 every 100ms", updates=PollingConfig(interval=0.1))
    check("tick 3" in seen["result"], seen)


async def multi_turn():
    asked = await delegate("interview", "Let us begin")
    check(asked["status"] == "input-required" and "What is your name?" in asked["error"], asked)
    last = asked["history"][-1]
    answered = await delegate(
        "interview", "Ada", task_id=last.task_id, context_id=last.context_id, conversation_history=asked["history"]
    )
    check("Your name is Ada." in answered["result"], answered)


async def context():
    first = (await delegate(None, "one"))["history"][-1]
    second = await delegate(None, "two", context_id=first.context_id, reference_task_ids=[first.task_id])
    check(second["result"] == "two", second)
    check(second["history"][-1].context_id == first.context_id, (first, second))
    check(second["history"][-1].task_id != first.task_id, (first, second))


async def failure():
    seen = await delegate("invoice", '{"customer": 1}')
    check(seen["status"] == "failed" and "the order has no customer" in seen["error"], seen)


async def big_text():
    big = "ü" * 500_000
    seen = (await delegate(None, big))["result"]
    check(seen == big, f"{len(seen)} characters")


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
        "big": big_text,
    }
)
