"""An agent of the official Python SDK 0.3 over each of its bindings. Prints, as JSON, its URL by binding."""

import asyncio

from a2a.grpc.a2a_pb2_grpc import add_A2AServiceServicer_to_server
from a2a.server.apps import A2ARESTFastAPIApplication, A2AStarletteApplication
from a2a.server.request_handlers import DefaultRequestHandler, GrpcHandler
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCard, Part, Task, TaskState, TaskStatus, TextPart
from sayer import CARD, Sayer
from serving import serve


def new_task(context):
    status = TaskStatus(state=TaskState.submitted)
    return Task(id=context.task_id, context_id=context.context_id, status=status, history=[context.message])


def card_of(binding, url):
    return AgentCard(
        url=url,
        preferred_transport=binding,
        **CARD,
    )


def new_handler():
    sayer = Sayer(
        new_task,
        lambda text: Part(root=TextPart(text=text)),
        lambda updater, message: updater.requires_input(message, final=True),
    )
    return DefaultRequestHandler(agent_executor=sayer, task_store=InMemoryTaskStore())


def apps_of(urls, services, target):
    rpc = card_of('JSONRPC', f'{urls["JSONRPC"]}/')
    rest = card_of('HTTP+JSON', urls['HTTP+JSON'])
    remote = card_of('GRPC', target)
    add_A2AServiceServicer_to_server(GrpcHandler(remote, new_handler()), services)
    return {
        'JSONRPC': A2AStarletteApplication(rpc, new_handler()).build(),
        'HTTP+JSON': A2ARESTFastAPIApplication(rest, new_handler()).build(),
        'GRPC': A2AStarletteApplication(remote, new_handler()).build(),
    }


asyncio.run(serve(apps_of))
