#!/usr/bin/env bash
# agno 3.1.10, AgentOS(a2a_interface=True), message/stream: when the model cannot be called, the stream ends with the
# state "completed" and a Task that is completed and says nothing; nothing tells that the run has failed.
# Seen with: states: working, completed | text: ''
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet agno==3.1.10 a2a-sdk==0.3.26 fastapi==0.165.0 python-multipart httpx==0.28.1 openai
"$work/venv/bin/python" - <<'PY'
import asyncio
import json

import httpx
from agno.agent import Agent
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS

# Nothing listens there.
model = OpenAILike(id="none", base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)
app = AgentOS(agents=[Agent(id="a", name="A", model=model, telemetry=False)], a2a_interface=True, telemetry=False).get_app()


async def main():
    transport = httpx.ASGITransport(app=app)
    message = {"kind": "message", "messageId": "m1", "role": "user", "parts": [{"kind": "text", "text": "hi"}]}
    body = {"jsonrpc": "2.0", "id": "1", "method": "message/stream", "params": {"message": message}}
    async with httpx.AsyncClient(transport=transport, base_url="http://agent", timeout=60) as client:
        answer = await client.post("/a2a/agents/a/v1/message:stream", json=body)
    lines = [line[5:] for line in answer.text.splitlines() if line.startswith("data:")]
    events = [json.loads(line)["result"] for line in lines]
    states = [event["status"]["state"] for event in events if event["kind"] == "status-update"]
    task = next(event for event in events if event["kind"] == "task")
    text = "".join(part.get("text", "") for message in task["history"] for part in message["parts"])
    print(f"states: {', '.join(states)} | text: {text!r}")
    assert states[-1] == "completed" and task["status"]["state"] == "completed" and text == ""


asyncio.run(main())
PY
