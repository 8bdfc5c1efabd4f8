#!/usr/bin/env bash
# The client of a2a-sdk 0.3.26 (Python) over HTTP+JSON, with a server of @a2a-js/sdk 0.3.13: resubscribing to a task
# that waits for input. Expected: the official SDKs of A2A 0.3 understand each other, as they do when sending and
# streaming.
# - The client sends GET /v1/tasks/{id}:subscribe; the server has that path for POST alone, and takes a GET for GetTask
#   with the ID "{id}:subscribe": a client that lost its stream is told that its task is not found, or that the answer
#   is no stream. The same path by POST streams.
# Seen with: client: A2AClientHTTPError, no text/event-stream | server: GET ...:subscribe | GET: 404 Task not found:
#   ...:subscribe | POST: 200 text/event-stream
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
cat > server.mjs <<'JS'
import express from 'express';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { UserBuilder, restHandler } from '@a2a-js/sdk/server/express';

const executor = {
  async execute({ taskId, contextId, userMessage }, bus) {
    bus.publish({ kind: 'task', id: taskId, contextId, status: { state: 'submitted' }, history: [userMessage] });
    bus.publish({ kind: 'status-update', taskId, contextId, status: { state: 'input-required' }, final: false });
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  async cancelTask() {},
};
const app = express();
const server = app.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const card = {
    name: 'Waits', description: 'Waits', version: '1', protocolVersion: '0.3.0', url, preferredTransport: 'HTTP+JSON',
    capabilities: { streaming: true }, defaultInputModes: ['text'], defaultOutputModes: ['text'], skills: [],
  };
  app.get('/.well-known/agent-card.json', (_, response) => response.json(card));
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  app.use(restHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
  console.log(url);
});
JS
npm install --silent --no-audit --no-fund @a2a-js/sdk@0.3.13 express@5.2.1 >/dev/null
node server.mjs > url &
server=$!
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet a2a-sdk==0.3.26 httpx==0.28.1
"$work/venv/bin/python" - "$(cat url)" <<'PY'
import asyncio, sys
import httpx
from a2a.client import A2ACardResolver, A2AClientHTTPError, ClientConfig, ClientFactory
from a2a.types import Message, Part, Role, TaskIdParams, TextPart, TransportProtocol

async def main():
    url, requests = sys.argv[1], []

    async def note(request):
        requests.append(f"{request.method} {request.url.path}")

    async with httpx.AsyncClient(timeout=30, event_hooks={"request": [note]}) as http:
        card = await A2ACardResolver(http, url).get_agent_card()
        config = ClientConfig(httpx_client=http, supported_transports=[TransportProtocol.http_json])
        client = ClientFactory(config).create(card)
        message = Message(message_id="m1", role=Role.user, parts=[Part(root=TextPart(text="hi"))])
        async for task, _ in client.send_message(message):
            if task.status.state == "input-required":
                break
        try:
            async for _ in client.resubscribe(TaskIdParams(id=task.id)):
                break
            error = None
        except A2AClientHTTPError as caught:
            error = caught
        sent = requests[-1].replace(task.id, "...")
        path = f"{url}/v1/tasks/{task.id}:subscribe"
        got = await http.get(path)
        async with http.stream("POST", path) as posted:
            by_post = f"{posted.status_code} {posted.headers['content-type']}"
    by_get = f"{got.status_code} {got.json()['message'].replace(task.id, '...')}"
    is_no_stream = "text/event-stream" in str(error)
    print(f"client: {type(error).__name__}, {'no ' if is_no_stream else ''}text/event-stream | server: {sent} | "
          f"GET: {by_get} | POST: {by_post}")
    assert isinstance(error, A2AClientHTTPError) and sent == "GET /v1/tasks/...:subscribe"
    assert got.status_code == 404 and by_post == "200 text/event-stream"

asyncio.run(main())
PY
