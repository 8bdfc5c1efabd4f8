#!/usr/bin/env bash
# a2akit 0.0.32, A2AClient.send:
# - `blocking=False` is not sent: the request has no `configuration.blocking`, so that nothing says not to wait.
#   The specification of 0.3 leaves open what such a send does, and the official SDKs' servers wait for the task's end,
#   so that the call takes as long as the task. Only `blocking=True`, the default, is sent.
# Seen with: blocking=True: {'blocking': True} | blocking=False: None
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet a2akit==0.0.32 a2a-sdk==0.3.26 httpx==0.28.1
"$work/venv/bin/python" - <<'PY'
import asyncio, json, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from a2akit.client import A2AClient

seen = []

class Agent(BaseHTTPRequestHandler):
    def do_GET(self):
        url = f"http://127.0.0.1:{self.server.server_port}/"
        self.answer({
            "name": "Answers", "description": "Answers", "version": "1.0.0", "url": url, "protocolVersion": "0.3.0",
            "preferredTransport": "JSONRPC", "capabilities": {}, "skills": [],
            "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
        })

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body["method"] == "message/send":
            seen.append(body["params"].get("configuration"))
        task = {"kind": "task", "id": "t1", "contextId": "c1", "status": {"state": "working"}}
        self.answer({"jsonrpc": "2.0", "id": body["id"], "result": task})

    def answer(self, value):
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Agent)
threading.Thread(target=server.serve_forever, daemon=True).start()

async def send():
    async with A2AClient(f"http://127.0.0.1:{server.server_port}") as client:
        await client.send("hi", blocking=True)
        await client.send("hi", blocking=False)

asyncio.run(send())
print(f"blocking=True: {seen[0]} | blocking=False: {seen[1]}")
assert seen == [{"blocking": True}, None]
PY
