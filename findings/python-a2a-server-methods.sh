#!/usr/bin/env bash
# python-a2a 0.5.10 (Python): what its A2AServer answers to a JSON-RPC client that does what the agent's card says.
# Expected: the card says JSON-RPC of protocol 0.3.0 at its `url`, so `message/send` there is answered in JSON-RPC.
# - At that URL it is answered with 500 and a bare message, which is no JSON-RPC: "Unknown content type: None".
# - The path /tasks/send, of which the card says nothing, takes JSON-RPC of 0.1, and does not look at the method: `tasks/get`
#   of a task runs its message again.
# - The text of a message in the form of 0.3 (`kind: text`) reaches the agent there as an empty string, without an error.
# Seen with: card 0.3.0 JSONRPC | message/send at its URL: 500, jsonrpc undefined | at /tasks/send: 0.3 text "echo: ", 0.1 text
#   "echo: hi" | tasks/get runs the agent: 3 runs for 2 sends and 1 get
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet python-a2a==0.5.10
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > server.py <<'PY'
import sys
from python_a2a import A2AServer, AgentCard, Message, MessageRole, TextContent, run_server

port = int(sys.argv[1])


class Echo(A2AServer):
    def handle_message(self, message):
        open('runs', 'a').write('.')
        return Message(content=TextContent(text='echo: ' + message.content.text), role=MessageRole.AGENT)


card = AgentCard(name='echo', description='Echoes', url=f'http://127.0.0.1:{port}', version='1.0.0')
run_server(Echo(agent_card=card), host='127.0.0.1', port=port)
PY
venv/bin/python server.py "$port" >server.log 2>&1 &
server=$!
cat > show.py <<'PY'
import json, sys, time, urllib.error, urllib.request

url = f'http://127.0.0.1:{sys.argv[1]}'


def post(path, method, params):
    body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': params}).encode()
    request = urllib.request.Request(url + path, body, {'content-type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


for left in range(120, -1, -1):
    try:
        card = json.load(urllib.request.urlopen(url + '/.well-known/agent-card.json', timeout=5))
        break
    except Exception:
        if left == 0:
            raise
        time.sleep(0.5)

new = {'message': {'kind': 'message', 'role': 'user', 'messageId': 'm1', 'parts': [{'kind': 'text', 'text': 'hi'}]}}
old = {'id': 't1', 'message': {'role': 'user', 'parts': [{'type': 'text', 'text': 'hi'}]}}
text = lambda answer: answer['result']['artifacts'][0]['parts'][0]['text']

version, transport = card['protocolVersion'], card['preferredTransport']
code, answer = post('', 'message/send', new)
open('runs', 'w').close()
first = text(post('/tasks/send', 'message/send', new)[1])
second = text(post('/tasks/send', 'tasks/send', old)[1])
post('/tasks/send', 'tasks/get', old)
runs = len(open('runs').read())
print(f'card {version} {transport} | message/send at its URL: {code}, jsonrpc {answer.get("jsonrpc", "undefined")}')
print(f'at /tasks/send: 0.3 text "{first}", 0.1 text "{second}" | {runs} runs for 2 sends and 1 get')
expected = ('0.3.0', 'JSONRPC', 500, None, 'echo: ', 'echo: hi', 3)
sys.exit((version, transport, code, answer.get('jsonrpc'), first, second, runs) != expected)
PY
timeout 120 venv/bin/python show.py "$port"
