"""An agent that writes what a test vector of the contract says, as dataclasses, which have every field."""

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue, RetryPolicy
from temporalio.converter import value_to_type
from temporalio.exceptions import ApplicationError

Json = dict[str, Any]


@dataclass
class Part:
    text: str | None = None
    raw: str | None = None
    url: str | None = None
    data: Any = None
    metadata: Json | None = None
    filename: str | None = None
    mediaType: str | None = None


@dataclass
class Message:
    messageId: str
    role: str
    parts: list[Part]
    taskId: str | None = None
    contextId: str | None = None
    metadata: Json | None = None
    extensions: list[str] | None = None
    referenceTaskIds: list[str] | None = None


@dataclass
class Status:
    state: str
    message: Message | None = None
    timestamp: str | None = None


@dataclass
class Artifact:
    artifactId: str | None = None
    parts: list[Part] | None = None
    name: str | None = None
    description: str | None = None
    metadata: Json | None = None
    extensions: list[str] | None = None


@dataclass
class StatusUpdate:
    status: Status
    metadata: Json | None = None


@dataclass
class ArtifactUpdate:
    artifact: Artifact
    append: bool | None = None
    lastChunk: bool | None = None
    metadata: Json | None = None


@dataclass
class Update:
    statusUpdate: StatusUpdate | None = None
    artifactUpdate: ArtifactUpdate | None = None


@dataclass
class Task:
    id: str
    contextId: str | None = None
    status: Status | None = None
    artifacts: list[Artifact] | None = None
    history: list[Message] | None = None
    metadata: Json | None = None


@dataclass
class TaskStart:
    task: Task
    agentId: str
    message: Message
    metadata: Json | None = None
    acceptedOutputModes: list[str] | None = None
    unread: list[Message] | None = None


@dataclass
class Signal:
    name: str
    argument: Json
    raw: bool


@activity.defn(name='signal')
async def signal(wanted: Signal) -> None:
    info = activity.info()
    handle = activity.client().get_workflow_handle(info.workflow_id, run_id=info.workflow_run_id)
    types = {'a2a_update': Update, 'a2a_message': Message}
    await handle.signal(wanted.name, typed(wanted.argument, types.get(wanted.name), wanted.raw))


@activity.defn(name='failLike')
async def fail_like(failure: Json) -> None:
    if 'timeoutFailure' in failure:
        await activity.wait_for_cancelled()
    raise error_of(failure)


@workflow.defn(name='Vector')
class Vector:
    @workflow.run
    async def run(self, start: Json, events: list[Json] | None = None) -> Any:
        # The SDK leaves arguments as they are when there are fewer of them than parameters.
        message = value_to_type(TaskStart, start).message
        wanted = message.parts[1].data if events is None else {'events': events, 'raw': False}
        raw = wanted['raw']
        for number, event in enumerate(wanted['events']):
            if 'memo' in event:
                workflow.upsert_memo({'a2a_update': typed(event['memo'], Update, raw)})
            elif 'signal' in event:
                await run_activity('signal', Signal(event['signal'], event['argument'], raw))
            elif 'continuedAsNew' in event:
                next_start = typed(filled(event['continuedAsNew']), TaskStart, raw)
                workflow.continue_as_new(args=[next_start, wanted['events'][number + 1 :]])
            elif 'completed' in event:
                return typed(filled(event['completed']), type_of_result(event['completed']), raw)
            elif 'failed' in event:
                failure = event['failed']
                if 'activityFailure' in failure:
                    await run_activity('failLike', failure['cause'])
                raise error_of(failure)
        await workflow.wait_condition(lambda: False)


async def run_activity(name: str, argument: Any) -> None:
    limit = timedelta(seconds=1 if name == 'failLike' else 10)
    once = RetryPolicy(maximum_attempts=1)
    await workflow.execute_activity(name, argument, start_to_close_timeout=limit, retry_policy=once)


def filled(payload: Json) -> Json:
    return json.loads(json.dumps(payload).replace('$workflow', workflow.info().workflow_id))


def type_of_result(payload: Json) -> type | None:
    result = payload.get('json')
    if not isinstance(result, dict):
        return None
    if 'messageId' in result:
        return Message
    return Task if 'total' not in result else None


def typed(payload: Json, into: type | None, raw: bool) -> Any:
    """What a payload of a vector is to this worker."""
    if 'json' in payload:
        value = payload['json']
        if raw or into is None or value is None:
            return value
        return [value_to_type(into, each) for each in value] if isinstance(value, list) else value_to_type(into, value)
    encoding = payload['encoding']
    if encoding == 'binary/null':
        return None
    if encoding == 'json/plain':
        return json.loads(payload['text'])
    data = base64.b64decode(payload['base64']) if 'base64' in payload else payload['text'].encode()
    if encoding == 'binary/plain':
        return data
    metadata = {'encoding': encoding.encode()}
    if 'messageType' in payload:
        metadata['messageType'] = payload['messageType'].encode()
    return RawValue(Payload(data=data, metadata=metadata))


def error_of(failure: Json) -> ApplicationError:
    application = failure['applicationFailure']
    details = [typed(each, None, True) for each in application.get('details', [])]
    return ApplicationError(failure['message'], *details, type=application['type'])
