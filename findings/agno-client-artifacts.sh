#!/usr/bin/env bash
# agno 3.1.10, A2AClient with its default protocol ("rest"):
# - it posts a JSON-RPC 2.0 envelope to the HTTP+JSON path /v1/message:send, and expects one back;
# - `content` of its result is the text of agent messages in `history`: a completed task whose answer is an artifact,
#   as the specification (section 3.7) asks for, has the content "", and the artifact's parts are dropped.
# Seen with: requested: POST /v1/message:send message/send | content: '' | artifact has parts: False
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet agno==3.1.10 fastapi==0.165.0 httpx==0.28.1
"$work/venv/bin/python" - <<'PY'
import asyncio, json, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from agno.client.a2a import A2AClient

TASK = {
    "kind": "task", "id": "t1", "contextId": "c1",
    "status": {"state": "completed"},
    "artifacts": [{"artifactId": "a1", "parts": [{"kind": "text", "text": "forty-two"}]}],
    "history": [{"kind": "message", "messageId": "m1", "role": "user", "parts": [{"kind": "text", "text": "hi"}]}],
}
seen = []

class Agent(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        seen.append((self.path, body.get("jsonrpc"), body.get("method")))
        answer = json.dumps({"jsonrpc": "2.0", "id": body.get("id"), "result": TASK}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Agent)
threading.Thread(target=server.serve_forever, daemon=True).start()
result = asyncio.run(A2AClient(f"http://127.0.0.1:{server.server_port}").send_message("hi"))
path, version, method = seen[0]
parts = any("forty-two" in str(vars(artifact)) for artifact in result.artifacts)
print(f"requested: POST {path} {method} | content: {result.content!r} | artifact has parts: {parts}")
assert (path, version, method) == ("/v1/message:send", "2.0", "message/send")
assert result.content == "" and len(result.artifacts) == 1 and not parts
PY
