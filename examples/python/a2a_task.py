"""The contract between a workflow and the bridge (docs/contract.md). Copy this file into your project."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import Any, NoReturn

from temporalio import activity, workflow
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

Json = dict[str, Any]

UPDATE = "a2a_update"
STATE = SearchAttributeKey.for_keyword("A2aState")
UPDATED_AT = SearchAttributeKey.for_datetime("A2aUpdatedAt")
# The message of a status with one of these stays in the task's history; what a working agent says does not.
LASTING = {"TASK_STATE_INPUT_REQUIRED", "TASK_STATE_AUTH_REQUIRED"}


def text_of(message: Json) -> str:
    """All text parts of a message."""
    return "\n".join(part["text"] for part in message["parts"] if "text" in part)


def status_update(state: str, at: datetime, message: Json | None = None) -> Json:
    status: Json = {"state": state, "timestamp": iso(at)}
    if message is not None:
        status["message"] = message
    return {"statusUpdate": {"status": status}}


def artifact_update(artifact_id: str, parts: list[Json], *, append: bool = False, last: bool = True) -> Json:
    """A whole artifact, or with `append` a further piece of one."""
    artifact = {"artifactId": artifact_id, "name": artifact_id, "parts": parts}
    return {"artifactUpdate": {"artifact": artifact, "append": append, "lastChunk": last}}


def iso(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class A2ATask:
    """
    The A2A task that a workflow is. Enter it first thing in the workflow, with its argument:

        with A2ATask(start) as task:
            answer = await task.ask("What is your name?")
            return task.complete(artifact("greeting", f"Hello, {text_of(answer)}!"))

    Leaving it tells Temporal's search attributes how the task has ended.
    """

    def __init__(self, start: Json) -> None:
        self.start = start
        self.message: Json = start["message"]
        self.task: Json = dict(start["task"])
        self._unread: list[Json] = list(start.get("unread") or [])
        self._completed = False
        if "status" not in self.task:  # It is there after continue-as-new.
            begun = workflow.info().workflow_start_time
            self.task |= {
                "status": {"state": "TASK_STATE_SUBMITTED", "timestamp": iso(begun)},
                "history": [self._with_ids(self.message)],
            }
        workflow.set_query_handler("a2a_task", lambda: self.task)
        workflow.set_signal_handler("a2a_message", self._on_message)
        workflow.set_signal_handler(UPDATE, self._on_updates)

    def __enter__(self) -> A2ATask:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            # Of another result than that of complete(), the bridge itself finds out how it ends the task.
            if self._completed:
                self._upsert("TASK_STATE_COMPLETED")
        elif is_cancelled_exception(error):
            self._upsert("TASK_STATE_CANCELED")
        elif type_of(error) == "A2A_REJECTED":
            self._upsert("TASK_STATE_REJECTED")
        elif isinstance(error, FailureError):
            self._upsert("TASK_STATE_FAILED")

    def working(self, text: str | None = None) -> None:
        """Progress, which readers of the stream see."""
        self._status("TASK_STATE_WORKING", text)

    def artifact(self, artifact_id: str, *parts: Json, append: bool = False, last: bool = True) -> None:
        self.send(artifact_update(artifact_id, list(parts), append=append, last=last))

    async def ask(self, question: str) -> Json:
        """Stops for the client, however long it takes, and gives its next message."""
        self._status("TASK_STATE_INPUT_REQUIRED", question)
        message = await self.next_message()
        self.working()
        return message

    async def next_message(self) -> Json:
        await workflow.wait_condition(lambda: len(self._unread) > 0)
        return self._unread.pop(0)

    def complete(self, *artifacts: Json) -> Json:
        """The result of the workflow; `artifacts` are added to those that were sent before."""
        self._completed = True
        ids = {key: self.task[key] for key in ("id", "contextId")}
        return ids | {"status": {"state": "TASK_STATE_COMPLETED"}, "artifacts": list(artifacts)}

    def reject(self, reason: str) -> NoReturn:
        """Ends the task as TASK_STATE_REJECTED."""
        raise ApplicationError(reason, type="A2A_REJECTED", non_retryable=True)

    def continue_as_new(self, *args: Any) -> NoReturn:
        """
        Goes on with a short history; readers do not notice. Only while no activity runs. `args` are the further
        arguments of the workflow.
        """
        start = self.start | {"task": self.task, "unread": self._unread}
        workflow.continue_as_new(args=[start, *args])

    def send(self, update: Json) -> None:
        """Writes an update into the history, where every reader finds it."""
        workflow.upsert_memo({UPDATE: update})
        workflow.upsert_memo({UPDATE: None})
        self._apply(update)

    def _status(self, state: str, text: str | None = None) -> None:
        message = None
        if text is not None:
            parts = [{"text": text}]
            message = {"messageId": str(workflow.uuid4()), "role": "ROLE_AGENT", "parts": parts}
        self.send(status_update(state, workflow.now(), message))

    def _on_message(self, message: Json) -> None:
        if self._remember(message):
            self._unread.append(message)

    def _on_updates(self, updates: list[Json]) -> None:
        for update in updates:
            self._apply(update)

    def _apply(self, update: Json) -> None:
        """Folds an update into the task exactly as the bridge does."""
        if update.get("statusUpdate"):
            self._apply_status(update["statusUpdate"])
        if update.get("artifactUpdate"):
            self._apply_artifact(update["artifactUpdate"])

    def _apply_status(self, update: Json) -> None:
        status, before = dict(update["status"]), self.task["status"]["state"]
        message = status.get("message")
        if message:
            status["message"] = message = self._with_ids(message)
        self.task["status"] = status
        if update.get("metadata"):
            self.task["metadata"] = {**(self.task.get("metadata") or {}), **update["metadata"]}
        if message and status["state"] in LASTING:
            self._remember(message)
        if status["state"] != before:
            self._upsert(status["state"])

    def _apply_artifact(self, update: Json) -> None:
        artifact, artifacts = update["artifact"], self.task.setdefault("artifacts", [])
        for index, known in enumerate(artifacts):
            if known["artifactId"] == artifact["artifactId"]:
                artifacts[index] = appended(known, artifact) if update.get("append") else artifact
                return
        artifacts.append(artifact)

    def _remember(self, message: Json) -> bool:
        """Adds a message to the history of the task, unless it is there already."""
        history = self.task["history"]
        if any(known["messageId"] == message["messageId"] for known in history):
            return False
        history.append(self._with_ids(message))
        return True

    def _with_ids(self, message: Json) -> Json:
        return message | {"taskId": self.task["id"], "contextId": self.task["contextId"]}

    def _upsert(self, state: str) -> None:
        workflow.upsert_search_attributes([STATE.value_set(state), UPDATED_AT.value_set(workflow.now())])


def type_of(error: BaseException | None) -> str | None:
    """Of the outermost ApplicationError, which an activity or a child workflow may have wrapped."""
    while error is not None and not isinstance(error, ApplicationError):
        error = error.__cause__
    return error.type if error else None


def artifact(artifact_id: str, *parts: Json | str) -> Json:
    """An artifact that has its ID as name; a string is a text part."""
    all_parts = [{"text": part} if isinstance(part, str) else part for part in parts]
    return {"artifactId": artifact_id, "name": artifact_id, "parts": all_parts}


def appended(known: Json, piece: Json) -> Json:
    """Text goes on in the last part, so that a thousand pieces do not leave a thousand parts."""
    parts, more = list(known["parts"]), list(piece["parts"])
    if parts and more and parts[-1].keys() == more[0].keys() == {"text"}:
        parts[-1] = {"text": parts[-1]["text"] + more.pop(0)["text"]}
    joined = known | piece | {"parts": parts + more}
    if metadata := {**(known.get("metadata") or {}), **(piece.get("metadata") or {})}:
        joined["metadata"] = metadata
    return joined


class TaskReporter:
    """Reports updates of the task from an `async def` activity. Make one for each attempt."""

    def __init__(self) -> None:
        self._reported = 0
        # One signal after the other, so that their order is kept.
        self._lock = asyncio.Lock()

    async def report(self, *updates: Json) -> None:
        info, client = activity.info(), activity.client()
        async with self._lock:
            self._reported += 1
            # A retried activity reports the same things in the same order: each is stored once by this ID, which
            # `handle.signal()` cannot set.
            request_id = f"{info.workflow_run_id}/{info.activity_id}/{self._reported}"
            payloads = await client.data_converter.encode([list(updates)])
            await client.workflow_service.signal_workflow_execution(
                SignalWorkflowExecutionRequest(
                    namespace=info.workflow_namespace or client.namespace,
                    workflow_execution=WorkflowExecution(
                        workflow_id=info.workflow_id or "", run_id=info.workflow_run_id or ""
                    ),
                    signal_name=UPDATE,
                    input=Payloads(payloads=payloads),
                    identity=client.identity,
                    request_id=request_id,
                )
            )
