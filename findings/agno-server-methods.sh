#!/usr/bin/env bash
# agno 3.1.10, AgentOS(a2a_interface=True):
# - the card names, as its only URL with the transport JSONRPC, .../v1/message:stream. That path accepts the JSON-RPC method
#   message/stream alone; message/send, tasks/get and tasks/cancel, which A2A 0.3 (section 7) has at the same URL, are
#   answered with HTTP status 400 and a text that is no JSON-RPC;
# - the server needs a2a-sdk below 1.0 (a2a.types.SendMessageSuccessResponse), which nothing says: with a2a-sdk 1.3.0 it
#   tells to install a2a-sdk.
# Seen with: transport: JSONRPC | message/stream: 200, message/send: 400, tasks/get: 400, tasks/cancel: 400 |
#   with a2a-sdk 1.3.0: `a2a` not installed. Please install it with `pip install -U a2a-sdk`
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet agno==3.1.10 a2a-sdk==0.3.26 fastapi==0.165.0 python-multipart httpx==0.28.1 openai
"$work/venv/bin/python" - <<'PY'
import asyncio

import httpx
from agno.agent import Agent
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS

# Nothing listens there: that the model fails is not the point.
model = OpenAILike(id="none", base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)
app = AgentOS(agents=[Agent(id="a", name="A", model=model, telemetry=False)], a2a_interface=True, telemetry=False).get_app()


async def main():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://agent", timeout=60) as client:
        card = (await client.get("/a2a/agents/a/.well-known/agent-card.json")).json()
        message = {"kind": "message", "messageId": "m1", "role": "user", "parts": [{"kind": "text", "text": "hi"}]}
        statuses = {}
        for method, params in {
            "message/stream": {"message": message},
            "message/send": {"message": message},
            "tasks/get": {"id": "t1"},
            "tasks/cancel": {"id": "t1"},
        }.items():
            body = {"jsonrpc": "2.0", "id": "1", "method": method, "params": params}
            answer = await client.post(card["url"], json=body)
            statuses[method] = answer.status_code
    told = ", ".join(f"{method}: {status}" for method, status in statuses.items())
    print(f"transport: {card['preferredTransport']} | {told}")
    assert card["preferredTransport"] == "JSONRPC" and card["url"].endswith("/v1/message:stream")
    assert statuses == {"message/stream": 200, "message/send": 400, "tasks/get": 400, "tasks/cancel": 400}


asyncio.run(main())
PY
"$work/venv/bin/pip" install --quiet a2a-sdk==1.3.0
"$work/venv/bin/python" - <<'PY'
try:
    import agno.os.interfaces.a2a

    said = "imported"
except ImportError as error:
    said = str(error)
print(f"with a2a-sdk 1.3.0: {said}")
assert "pip install -U a2a-sdk" in said
PY
