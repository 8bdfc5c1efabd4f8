#!/usr/bin/env bash
# fasta2a 2.1.1 with pydantic-ai-slim 2.66.0 (Python), a server made with agent_to_a2a(): which parts of a message of A2A 1.0 it
# takes. The model is pydantic-ai's TestModel, which looks at none of them.
# - A file by URL is taken when the path of the URL ends like a file of a known kind; the `mediaType` of the part is not looked
#   at, so that a URL without such an end fails the task though its part says application/pdf.
# - A data part fails the task.
# Both tasks end FAILED without a message, and the send itself has been answered with SUBMITTED, so that the caller never learns
# the reason.
# Expected: the media type of the part counts; a part that the server cannot take is refused in the answer to the send, or its
# task says why it failed.
# Seen with: text: COMPLETED | url .../report.pdf: COMPLETED | url .../reports/7 as application/pdf: FAILED, says nothing | data:
#   FAILED, says nothing
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet fasta2a==2.1.1 pydantic-ai-slim==2.66.0 uvicorn==0.38.0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > server.py <<'PY'
from fasta2a.pydantic_ai import agent_to_a2a
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

app = agent_to_a2a(Agent(TestModel(custom_output_text='read'), name='reader'))
PY
venv/bin/python -m uvicorn server:app --host 127.0.0.1 --port "$port" >server.log 2>&1 &
server=$!
cat > show.py <<'PY'
import json, sys, time, urllib.request

url = f'http://127.0.0.1:{sys.argv[1]}/'


def call(method, params):
    body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': params}).encode()
    headers = {'content-type': 'application/json', 'a2a-version': '1.0'}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as response:
        return json.load(response)['result']


for left in range(120, -1, -1):
    try:
        urllib.request.urlopen(url + '.well-known/agent-card.json', timeout=5)
        break
    except Exception:
        if left == 0:
            raise
        time.sleep(0.5)


def end_of(name, *parts):
    message = {'messageId': name, 'role': 'ROLE_USER', 'parts': [{'text': 'read'}, *parts]}
    task = call('SendMessage', {'message': message})['task']
    for left in range(300, -1, -1):
        task = call('GetTask', {'id': task['id']})
        state = task['status']['state'].removeprefix('TASK_STATE_')
        if state in ('COMPLETED', 'FAILED') or left == 0:
            says = '' if state == 'COMPLETED' or 'message' in task['status'] else ', says nothing'
            return f'{state}{says}'
        time.sleep(0.1)


pdf = {'mediaType': 'application/pdf'}
seen = {
    'text': end_of('text'),
    'url .../report.pdf': end_of('named', {'url': 'https://files.example.com/report.pdf', **pdf}),
    'url .../reports/7 as application/pdf': end_of('unnamed', {'url': 'https://files.example.com/reports/7', **pdf}),
    'data': end_of('data', {'data': {'order': 7}}),
}
print(' | '.join(f'{name}: {end}' for name, end in seen.items()))
sys.exit(list(seen.values()) != ['COMPLETED', 'COMPLETED', 'FAILED, says nothing', 'FAILED, says nothing'])
PY
timeout 120 venv/bin/python show.py "$port" || { tail -5 server.log; exit 1; }
