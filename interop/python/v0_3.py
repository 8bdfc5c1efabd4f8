"""The official Python SDK, 0.3.x, over each of its bindings. The argument is that of v1.py."""

import asyncio
import contextlib
import json
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.types import (
    AgentCard,
    DataPart,
    GetTaskPushNotificationConfigParams,
    Message,
    MessageSendConfiguration,
    Part,
    PushNotificationConfig,
    Role,
    Task,
    TaskArtifactUpdateEvent,
    TaskIdParams,
    TaskPushNotificationConfig,
    TaskQueryParams,
    TaskStatusUpdateEvent,
    TextPart,
)

import cases
from cases import Event, PushView, TaskView


def text_of(parts: list[Part]) -> str:
    return ''.join(part.root.text for part in parts if isinstance(part.root, TextPart))


def view(task: Task) -> TaskView:
    artifacts = task.artifacts or []
    return TaskView(
        id=task.id,
        context_id=task.context_id,
        state=task.status.state.value,
        text=text_of(task.status.message.parts) if task.status.message else '',
        artifacts={artifact.name or '': text_of(artifact.parts) for artifact in artifacts},
        data=[
            part.root.data
            for artifact in artifacts
            for part in artifact.parts
            if isinstance(part.root, DataPart)
        ],
        history=len(task.history or []),
    )


def event_of(update: Any) -> Event:
    """The client gives (task, update) pairs; without an update, the task itself was the event."""
    task, event = update
    if event is None:
        # A copy in plain shapes: the client goes on changing the task.
        return Event('task', task.status.state.value, task=view(task))
    if isinstance(event, TaskStatusUpdateEvent):
        message = event.status.message
        return Event('status', event.status.state.value, text_of(message.parts) if message else '')
    if isinstance(event, TaskArtifactUpdateEvent):
        return Event('artifact', text=text_of(event.artifact.parts))
    return Event(type(event).__name__)


def push_view(config: TaskPushNotificationConfig) -> PushView:
    inner = config.push_notification_config
    return PushView(id=inner.id or '', url=inner.url, token=inner.token or '')


class Agent:
    def __init__(self, client: Any, streaming: Any, pushes: list[PushNotificationConfig]):
        self.client = client
        self.streaming = streaming
        self.pushes = pushes

    def arguments(self, content: Any, **options: Any) -> dict[str, Any]:
        root = TextPart(text=content) if isinstance(content, str) else DataPart(data=content)
        message = Message(
            message_id=str(uuid.uuid4()),
            role=Role.user,
            parts=[Part(root=root)],
            task_id=options.get('task_id'),
            context_id=options.get('context_id'),
        )
        return {
            'request': message,
            'configuration': MessageSendConfiguration(blocking=options.get('blocking', True)),
        }

    async def send(self, content: Any, **options: Any) -> TaskView:
        arguments = self.arguments(content, **options)
        # Of the whole client, not of one call, which this SDK hands on as a dict that its HTTP+JSON cannot read.
        self.pushes.clear()
        if push := options.get('push'):
            self.pushes.append(PushNotificationConfig(url=push[0], token=push[1]))
        answers = [each async for each in self.client.send_message(**arguments)]
        cases.same(len(answers), 1, 'answers')
        return view(answers[0][0])

    async def stream(self, content: Any, **options: Any) -> AsyncIterator[Event]:
        async for update in self.streaming.send_message(**self.arguments(content, **options)):
            yield event_of(update)

    async def get(self, task_id: str, history_length: int | None = None) -> TaskView:
        return view(await self.client.get_task(TaskQueryParams(id=task_id, history_length=history_length)))

    async def cancel(self, task_id: str) -> TaskView:
        return view(await self.client.cancel_task(TaskIdParams(id=task_id)))

    async def subscribe(self, task_id: str) -> AsyncIterator[Event]:
        updates = self.streaming.resubscribe(TaskIdParams(id=task_id))
        async with contextlib.aclosing(updates):
            async for update in updates:
                yield event_of(update)

    async def list_ids(self, context_id: str) -> list[str]:
        raise NotImplementedError('0.3 has no list')

    async def extended_card(self) -> list[str]:
        return [skill.id for skill in (await self.client.get_card()).skills]

    async def create_push(self, task_id: str, config: PushView) -> PushView:
        inner = PushNotificationConfig(id=config.id, url=config.url, token=config.token)
        request = TaskPushNotificationConfig(task_id=task_id, push_notification_config=inner)
        return push_view(await self.client.set_task_callback(request))

    async def get_push(self, task_id: str, config_id: str) -> PushView:
        request = GetTaskPushNotificationConfigParams(id=task_id, push_notification_config_id=config_id)
        return push_view(await self.client.get_task_callback(request))

    async def list_push(self, task_id: str) -> list[str]:
        raise NotImplementedError('this client cannot list push configs')

    async def delete_push(self, task_id: str, config_id: str) -> None:
        raise NotImplementedError('this client cannot delete push configs')


class WithMetadata:
    """0.3 has no tenant field, and its client no place for headers: both go as metadata of the channel."""

    def __init__(self, metadata: dict[str, str]):
        self.metadata = metadata

    def details(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()), *self.metadata.items())
        return grpc.aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )


# Two classes: a channel takes an interceptor for one kind of call only.
class UnaryWithMetadata(WithMetadata, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self.details(details), request)


class StreamWithMetadata(WithMetadata, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self.details(details), request)


def context(config: dict[str, Any], binding: str, version: str) -> cases.Context:
    async def resolve(agent_id: str) -> AgentCard:
        async with httpx.AsyncClient() as client:
            return await A2ACardResolver(client, f'{config["url"]}/a2a/{agent_id}').get_agent_card()

    async def card(agent_id: str) -> dict[str, Any]:
        resolved = await resolve(agent_id)
        cases.expect((resolved.protocol_version or '').startswith('0.3'), resolved.protocol_version)
        others = [each.transport for each in resolved.additional_interfaces or []]
        return {
            'name': resolved.name,
            'streaming': resolved.capabilities.streaming,
            'skills': [skill.id for skill in resolved.skills],
            'bindings': [resolved.preferred_transport or 'JSONRPC', *others],
        }

    @contextlib.asynccontextmanager
    async def connect(agent_id: str, headers: dict[str, str] | None = None) -> AsyncIterator[Agent]:
        # The one address of gRPC stands in the card of the default agent.
        resolved = await resolve('echo' if binding == 'GRPC' else agent_id)
        metadata = {name.lower(): value for name, value in (headers or {}).items()}
        # A plain client reaches the default agent.
        if agent_id != 'echo':
            metadata['a2a-tenant'] = agent_id

        def channel(url: str) -> grpc.aio.Channel:
            interceptors = [UnaryWithMetadata(metadata), StreamWithMetadata(metadata)]
            return grpc.aio.insecure_channel(url, interceptors=interceptors)

        pushes: list[PushNotificationConfig] = []
        async with httpx.AsyncClient(headers=headers, timeout=cases.CASE_SECONDS) as http:
            clients = [
                ClientFactory(
                    ClientConfig(
                        streaming=streaming,
                        httpx_client=http,
                        supported_transports=[binding],
                        grpc_channel_factory=channel,
                        push_notification_configs=pushes,
                    )
                ).create(resolved)
                for streaming in (False, True)
            ]
            yield Agent(*clients, pushes)
            if binding == 'GRPC':
                for client in clients:
                    await client.close()

    def other(binding: str, version: str) -> cases.Context:
        return context(config, binding, version)

    return cases.Context(config, binding, version, connect, card, other)


async def main() -> None:
    config = json.loads(sys.argv[1])
    for run in config['runs']:
        await cases.run(context(config, run['binding'], run['version']), run['operations'])


asyncio.run(main())
