#!/usr/bin/env bash
# langgraph-api 0.16.7, in memory, A2A 1.0 SendStreamingMessage:
# - the result of the first event is wrapped as the specification (1.0, StreamResponse) has it ({"task": {...}}); the results
#   of all later events are bare and have `kind`, as in 0.3, with the states of 1.0;
# - the card is served at /.well-known/agent-card.json only with ?assistant_id=<UUID>.
# Seen with: without assistant_id: 400 | first: task | later: artifact-update bare, status-update bare
set -euo pipefail
work=$(mktemp -d)
cleanup() {
  kill "${server:-0}" 2>/dev/null || true
  sleep 1
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet langgraph-api==0.16.7 langgraph-runtime-inmem==0.36.7 httpx==0.28.1
cat >graph.py <<'PY'
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph


def answer(state: MessagesState):
    return {"messages": [AIMessage("forty-two")]}


graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
PY
cat >serve.py <<'PY'
import socket
from langgraph_api.cli import run_server

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
with open("port", "w") as file:
    file.write(str(port))
run_server(host="127.0.0.1", port=port, graphs={"a": "./graph.py:graph"}, env={"LANGSMITH_TRACING": "false"})
PY
venv/bin/python serve.py >server.log 2>&1 &
server=$!
cat >client.py <<'PY'
import json
import time

import httpx

while True:
    try:
        base = f"http://127.0.0.1:{open('port').read()}"
        assistant = httpx.post(f"{base}/assistants/search", json={}).json()[0]["assistant_id"]
        break
    except (FileNotFoundError, httpx.HTTPError, ValueError, IndexError):
        time.sleep(0.3)
without = httpx.get(f"{base}/.well-known/agent-card.json").status_code
card = httpx.get(f"{base}/.well-known/agent-card.json", params={"assistant_id": assistant}).json()
message = {"messageId": "m1", "role": "ROLE_USER", "parts": [{"text": "hi"}]}
body = {"jsonrpc": "2.0", "id": 1, "method": "SendStreamingMessage", "params": {"message": message}}
headers = {"A2A-Version": "1.0", "Accept": "text/event-stream"}
answer = httpx.post(card["supportedInterfaces"][0]["url"], json=body, headers=headers, timeout=60)
lines = [line[5:] for line in answer.text.splitlines() if line.startswith("data:")]
first, *later = [json.loads(line)["result"] for line in lines]
kinds = sorted({event.get("kind", "?") for event in later})
print(f"without assistant_id: {without} | first: {', '.join(first)} | later: {', '.join(f'{kind} bare' for kind in kinds)}")
assert without == 400
assert "task" in first
assert kinds and all(event.get("kind") and "taskId" in event for event in later)
PY
timeout 120 venv/bin/python client.py
