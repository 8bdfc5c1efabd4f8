#!/usr/bin/env bash
# agno 3.1.10, A2AClient.stream_message:
# - of an event stream it knows only the lines `data:` and `event:`. It takes a comment (`: ...`), which servers send to
#   keep a connection open, and the fields `id:` and `retry:` for JSON, and logs a warning for each. No event is lost.
# Seen with: events: 1 | warnings: id: 7, : still here, retry: 1000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet agno==3.1.10 fastapi==0.165.0 httpx==0.28.1
"$work/venv/bin/python" - <<'PY'
import asyncio, json, re, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from agno.client.a2a import A2AClient
from agno.client.a2a import client as module

UPDATE = {"kind": "status-update", "taskId": "t1", "contextId": "c1", "status": {"state": "completed"}, "final": True}
EVENT = json.dumps({"jsonrpc": "2.0", "id": 1, "result": UPDATE})

class Agent(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"id: 7\ndata: {EVENT}\n\n: still here\n\nretry: 1000\n\n".encode())

    def log_message(self, *args):
        pass

warnings = []
module.log_warning = lambda text, *args: warnings.append(text)
server = HTTPServer(("127.0.0.1", 0), Agent)
threading.Thread(target=server.serve_forever, daemon=True).start()

async def stream():
    return [event async for event in A2AClient(f"http://127.0.0.1:{server.server_port}").stream_message("hi")]

events = asyncio.run(stream())
lines = [re.fullmatch(r"Failed to decode JSON from stream line: (.*): Expecting value.*", text)[1] for text in warnings]
print(f"events: {len(events)} | warnings: {', '.join(lines)}")
assert len(events) == 1 and lines == ["id: 7", ": still here", "retry: 1000"]
PY
