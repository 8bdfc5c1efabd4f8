#!/usr/bin/env bash
# fasta2a 2.1.1, A2AClient:
# - it refuses the card of an agent whose skills leave out inputModes and outputModes, which the specification (1.0,
#   AgentSkill) makes optional; the error names the internal field names;
# - it calls JSON-RPC methods of 0.3 (message/send) with parts that have no `kind`, which 0.3 requires, at the first
#   interface of the card whatever version that is.
# Seen with: card: refused skills.0.inputModes, skills.0.outputModes | method: message/send | part: {'text': 'hi'}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet fasta2a==2.1.1 httpx==0.28.1
"$work/venv/bin/python" - <<'PY'
import asyncio, json, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import pydantic
from fasta2a.client import A2AClient
from fasta2a.schema import agent_card_ta

CARD = {
    "name": "Answers", "description": "Answers", "version": "1.0.0", "capabilities": {},
    "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
    "supportedInterfaces": [
        {"url": "http://127.0.0.1:9/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
    "skills": [{"id": "answer", "name": "Answer", "description": "Answers", "tags": []}],
}
try:
    agent_card_ta.validate_json(json.dumps(CARD))
    refused = []
except pydantic.ValidationError as error:
    refused = sorted(".".join(map(str, each["loc"])) for each in error.errors())

seen = []

class Agent(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        seen.append(body)
        task = {"kind": "task", "id": "t1", "contextId": "c1", "status": {"state": "completed"}}
        answer = json.dumps({"jsonrpc": "2.0", "id": body.get("id"), "result": task}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Agent)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = A2AClient(f"http://127.0.0.1:{server.server_port}")
message = {"role": "user", "message_id": "m1", "parts": [{"text": "hi"}]}
try:
    asyncio.run(client.send_message(message))
except pydantic.ValidationError:
    pass  # What it makes of the answer is not the point.
part = seen[0]["params"]["message"]["parts"][0]
print(f"card: refused {', '.join(refused)} | method: {seen[0]['method']} | part: {part}")
assert any("input" in field for field in refused) and any("output" in field for field in refused)
assert seen[0]["method"] == "message/send" and "kind" not in part
PY
