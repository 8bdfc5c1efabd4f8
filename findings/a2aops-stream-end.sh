#!/usr/bin/env bash
# a2aops 1.1.0, `a2aops stream` (spec snapshot v1.0.0):
# - it looks for `status.state` in an event itself, while one of 1.0 is a StreamResponse (`{"statusUpdate": {...}}`),
#   and over JSON-RPC the `result` of a response. So it never sees that a task has ended: it subscribes again, ten times
#   unless told otherwise, with growing pauses. With the event of 0.3 over HTTP+JSON, which is bare, it sees the end.
# Seen with: 1.0: subscribed 2 times, closed_on_terminal=False | bare: subscribed 1 times, closed_on_terminal=True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet a2aops==1.1.0
"$work/venv/bin/python" - <<'PY'
import json, re, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

UPDATE = {"taskId": "t1", "contextId": "c1", "status": {"state": "TASK_STATE_COMPLETED"}}
EVENTS = {"1.0": {"statusUpdate": UPDATE}, "bare": UPDATE}
seen = []

class Agent(BaseHTTPRequestHandler):
    def do_GET(self):
        kind = self.path.split("/")[1]
        seen.append(kind)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"data: {json.dumps(EVENTS[kind])}\n\n".encode())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.do_GET()

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Agent)
threading.Thread(target=server.serve_forever, daemon=True).start()
told = []
for kind in EVENTS:
    base = f"http://127.0.0.1:{server.server_port}/{kind}"
    a2aops = Path(sys.executable).parent / "a2aops"
    command = [a2aops, "stream", "--binding", "rest", "--max-reconnects", "1", base, "t1"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    told.append((seen.count(kind), re.search(r"closed_on_terminal=\w+", out)[0]))
print(" | ".join(f"{kind}: subscribed {count} times, {end}" for kind, (count, end) in zip(EVENTS, told)))
assert told == [(2, "closed_on_terminal=False"), (1, "closed_on_terminal=True")]
PY
