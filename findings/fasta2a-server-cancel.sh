#!/usr/bin/env bash
# fasta2a 2.1.1, InMemoryBroker and Worker:
# - a worker works on one task after another: the second of two tasks, of different contexts, begins when the first ends;
# - CancelTask is queued behind the running task, so it has no effect on it, and the request waits until it has ended.
# Seen with: began in order: ['first ended', 'second began'] | cancel after the end: True, state: completed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet fasta2a==2.1.1 httpx==0.28.1
"$work/venv/bin/python" - <<'PY'
import asyncio
import contextlib

import httpx
from fasta2a import FastA2A, Worker
from fasta2a.broker import InMemoryBroker
from fasta2a.storage import InMemoryStorage

log = []


class Sleeper(Worker):
    async def run_task(self, params):
        name = params["message"]["parts"][0]["text"]
        log.append(f"{name} began")
        await self.storage.update_task(params["id"], state="working")
        await asyncio.sleep(2)
        log.append(f"{name} ended")
        await self.storage.update_task(params["id"], state="completed")

    async def cancel_task(self, params):
        log.append("cancel reached the worker")
        task = await self.storage.load_task(params["id"])
        if task["status"]["state"] == "working":
            await self.storage.update_task(params["id"], state="canceled")

    def build_message_history(self, history):
        return history

    def build_artifacts(self, result):
        return []


broker, storage = InMemoryBroker(), InMemoryStorage()


@contextlib.asynccontextmanager
async def lifespan(app):
    async with app.task_manager, Sleeper(broker=broker, storage=storage).run():
        yield


app = FastA2A(storage=storage, broker=broker, lifespan=lifespan)


async def main():
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://agent") as client:

        async def call(method, params):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            answer = await client.post("/", json=body, headers={"A2A-Version": "1.0"}, timeout=30)
            return answer.json()["result"]

        async def send(text):
            message = {"messageId": text, "role": "ROLE_USER", "parts": [{"text": text}]}
            result = await call("SendMessage", {"message": message, "configuration": {"returnImmediately": True}})
            return result["task"]["id"]

        first = await send("first")
        second = await send("second")
        while "second began" not in log:
            await asyncio.sleep(0.05)
        order = [line for line in log if line in ("first ended", "second began")]
        await call("CancelTask", {"id": second})
        while "cancel reached the worker" not in log:
            await asyncio.sleep(0.05)
        late = log.index("second ended") < log.index("cancel reached the worker")
        task = await call("GetTask", {"id": second})
        state = task["status"]["state"].removeprefix("TASK_STATE_").lower()
        print(f"began in order: {order} | cancel after the end: {late}, state: {state}")
        assert order == ["first ended", "second began"]
        assert late and state == "completed"


asyncio.run(main())
PY
