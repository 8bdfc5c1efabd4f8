"""The official Python SDK, 1.x, over each of its bindings; it speaks 0.3 too when a card offers only that.

The argument is JSON: {client, url, hooks, key, runs: [{binding, version, operations}]}.
"""

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
from a2a.client.client import ClientCallContext
from a2a.types import a2a_pb2 as pb
from google.protobuf.json_format import MessageToDict, ParseDict

import cases
from cases import Event, PushView, TaskView


def parts_of(content: Any) -> list[pb.Part]:
    part = {'text': content} if isinstance(content, str) else {'data': content}
    return [ParseDict(part, pb.Part())]


def text_of(parts: Any) -> str:
    return ''.join(part.text for part in parts)


def state_of(status: pb.TaskStatus) -> str:
    return pb.TaskState.Name(status.state).removeprefix('TASK_STATE_').lower().replace('_', '-')


def view(task: pb.Task) -> TaskView:
    return TaskView(
        id=task.id,
        context_id=task.context_id,
        state=state_of(task.status),
        text=text_of(task.status.message.parts),
        artifacts={artifact.name: text_of(artifact.parts) for artifact in task.artifacts},
        data=[
            MessageToDict(part.data)
            for artifact in task.artifacts
            for part in artifact.parts
            if part.HasField('data')
        ],
        history=len(task.history),
    )


def event_of(response: pb.StreamResponse) -> Event:
    kind = response.WhichOneof('payload')
    if kind == 'task':
        return Event('task', state_of(response.task.status), task=view(response.task))
    if kind == 'status_update':
        status = response.status_update.status
        return Event('status', state_of(status), text_of(status.message.parts))
    if kind == 'artifact_update':
        return Event('artifact', text=text_of(response.artifact_update.artifact.parts))
    return Event(str(kind))


def push_view(config: pb.TaskPushNotificationConfig) -> PushView:
    return PushView(id=config.id, url=config.url, token=config.token)


class Agent:
    def __init__(self, client: Any, streaming: Any, headers: dict[str, str]):
        self.client = client
        self.streaming = streaming
        self.context = ClientCallContext(service_parameters=headers, timeout=cases.CASE_SECONDS)

    def request(self, content: Any, **options: Any) -> pb.SendMessageRequest:
        request = pb.SendMessageRequest(
            message=pb.Message(
                message_id=str(uuid.uuid4()),
                role=pb.ROLE_USER,
                parts=parts_of(content),
                task_id=options.get('task_id', ''),
                context_id=options.get('context_id', ''),
            )
        )
        request.configuration.return_immediately = not options.get('blocking', True)
        if push := options.get('push'):
            config = request.configuration.task_push_notification_config
            config.url, config.token = push
        return request

    async def send(self, content: Any, **options: Any) -> TaskView:
        request = self.request(content, **options)
        responses = [each async for each in self.client.send_message(request, context=self.context)]
        cases.same(len(responses), 1, 'answers')
        return view(responses[0].task)

    async def stream(self, content: Any, **options: Any) -> AsyncIterator[Event]:
        request = self.request(content, **options)
        async for response in self.streaming.send_message(request, context=self.context):
            yield event_of(response)

    async def get(self, task_id: str, history_length: int | None = None) -> TaskView:
        request = pb.GetTaskRequest(id=task_id, history_length=history_length)
        return view(await self.client.get_task(request, context=self.context))

    async def cancel(self, task_id: str) -> TaskView:
        return view(await self.client.cancel_task(pb.CancelTaskRequest(id=task_id), context=self.context))

    async def subscribe(self, task_id: str) -> AsyncIterator[Event]:
        request = pb.SubscribeToTaskRequest(id=task_id)
        async with contextlib.aclosing(self.streaming.subscribe(request, context=self.context)) as responses:
            async for response in responses:
                yield event_of(response)

    async def list_ids(self, context_id: str) -> list[str]:
        answer = await self.client.list_tasks(
            pb.ListTasksRequest(context_id=context_id), context=self.context
        )
        return [task.id for task in answer.tasks]

    async def extended_card(self) -> list[str]:
        card = await self.client.get_extended_agent_card(
            pb.GetExtendedAgentCardRequest(), context=self.context
        )
        return [skill.id for skill in card.skills]

    async def create_push(self, task_id: str, config: PushView) -> PushView:
        request = pb.TaskPushNotificationConfig(
            task_id=task_id, id=config.id, url=config.url, token=config.token
        )
        made = await self.client.create_task_push_notification_config(request, context=self.context)
        return push_view(made)

    async def get_push(self, task_id: str, config_id: str) -> PushView:
        request = pb.GetTaskPushNotificationConfigRequest(task_id=task_id, id=config_id)
        return push_view(
            await self.client.get_task_push_notification_config(request, context=self.context)
        )

    async def list_push(self, task_id: str) -> list[str]:
        request = pb.ListTaskPushNotificationConfigsRequest(task_id=task_id)
        answer = await self.client.list_task_push_notification_configs(request, context=self.context)
        return [config.id for config in answer.configs]

    async def delete_push(self, task_id: str, config_id: str) -> None:
        request = pb.DeleteTaskPushNotificationConfigRequest(task_id=task_id, id=config_id)
        await self.client.delete_task_push_notification_config(request, context=self.context)


def context(config: dict[str, Any], binding: str, version: str) -> cases.Context:
    v03_grpc = (binding, version) == ('GRPC', '0.3')

    async def fetch(agent_id: str) -> pb.AgentCard:
        async with httpx.AsyncClient() as client:
            return await A2ACardResolver(client, f'{config["url"]}/a2a/{agent_id}').get_agent_card()

    async def resolve(agent_id: str) -> pb.AgentCard:
        card = await fetch(agent_id)
        # The one address of gRPC stands, for 0.3, in the card of the default agent.
        known = (await fetch('echo') if v03_grpc else card).supported_interfaces
        offered = [each for each in known if each.protocol_version.startswith(version)]
        del card.supported_interfaces[:]
        card.supported_interfaces.extend(offered)
        return card

    async def card(agent_id: str) -> dict[str, Any]:
        resolved = await resolve(agent_id)
        return {
            'name': resolved.name,
            'streaming': resolved.capabilities.streaming,
            'skills': [skill.id for skill in resolved.skills],
            'bindings': [each.protocol_binding for each in resolved.supported_interfaces],
        }

    @contextlib.asynccontextmanager
    async def connect(agent_id: str, headers: dict[str, str] | None = None) -> AsyncIterator[Agent]:
        resolved = await resolve(agent_id)
        clients = [
            ClientFactory(
                ClientConfig(
                    streaming=streaming,
                    supported_protocol_bindings=[binding],
                    grpc_channel_factory=grpc.aio.insecure_channel,
                )
            ).create(resolved)
            for streaming in (False, True)
        ]
        # gRPC takes metadata keys in lower case only; the names of HTTP headers have no case.
        metadata = {name.lower(): value for name, value in (headers or {}).items()}
        # A plain client reaches the default agent.
        if v03_grpc and agent_id != 'echo':
            metadata['a2a-tenant'] = agent_id
        async with clients[0], clients[1]:
            yield Agent(*clients, metadata)

    def other(binding: str, version: str) -> cases.Context:
        return context(config, binding, version)

    return cases.Context(config, binding, version, connect, card, other)


async def main() -> None:
    config = json.loads(sys.argv[1])
    for run in config['runs']:
        await cases.run(context(config, run['binding'], run['version']), run['operations'])


asyncio.run(main())
