#!/usr/bin/env bash
# @a2a-js/sdk 1.3.0 and a2a-sdk 1.3.0 (Python), servers of an agent whose card says 1.0: the header A2A-Version.
# Expected: major and minor are compared, and nothing else: the specification (3.6) has patch versions not considered,
# and a version that the agent does not support refused.
# - The JavaScript server compares the whole text and refuses 1.0.1. The Python server looks at the major version: it
#   takes 1.0.1, and serves 1.9, a version that its agent does not have, as 1.0 without a word.
# Seen with: JavaScript 1.0: ok, 1.0.1: -32009, 1.9: -32009 | Python 1.0: ok, 1.0.1: ok, 1.9: ok
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
cat > server.mjs <<'JS'
import express from 'express';
import { AgentCard } from '@a2a-js/sdk';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { UserBuilder, jsonRpcHandler } from '@a2a-js/sdk/server/express';

const card = AgentCard.fromJSON({
  name: 'Any',
  supportedInterfaces: [{ url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
});
const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), { async execute() {} });
const app = express().use(jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
JS
npm install --silent --no-audit --no-fund @a2a-js/sdk@1.3.0 express@5.2.1 >/dev/null
node server.mjs > port &
server=$!
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'a2a-sdk[http-server]==1.3.0' httpx==0.28.1
"$work/venv/bin/python" - "$(cat port)" <<'PY'
import asyncio, logging, sys
import httpx
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCapabilities, AgentCard, AgentInterface
from starlette.applications import Starlette

logging.disable()
VERSIONS = ["1.0", "1.0.1", "1.9"]

class Nothing(AgentExecutor):
    async def execute(self, context, event_queue): ...

    async def cancel(self, context, event_queue): ...

async def answers(client):
    """The error code of a list of tasks for each version, or ok."""
    codes = {}
    for version in VERSIONS:
        answer = await client.post("/", headers={"A2A-Version": version}, json={
            "jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {}})
        codes[version] = answer.json().get("error", {"code": "ok"})["code"]
    return codes

async def main():
    interface = AgentInterface(url="http://agent/", protocol_binding="JSONRPC", protocol_version="1.0")
    card = AgentCard(name="Any", supported_interfaces=[interface], capabilities=AgentCapabilities())
    handler = DefaultRequestHandler(agent_executor=Nothing(), task_store=InMemoryTaskStore(), agent_card=card)
    transport = httpx.ASGITransport(Starlette(routes=create_jsonrpc_routes(handler, "/")))
    async with httpx.AsyncClient(transport=transport, base_url="http://agent") as client:
        python = await answers(client)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sys.argv[1]}", timeout=30) as client:
        javascript = await answers(client)
    print(" | ".join(
        f"{name} {', '.join(f'{version}: {code}' for version, code in codes.items())}"
        for name, codes in {"JavaScript": javascript, "Python": python}.items()))
    assert list(javascript.values()) == ["ok", -32009, -32009] and list(python.values()) == ["ok"] * 3

asyncio.run(main())
PY
