"""An agent of the official Python SDK 1.x over each of its bindings. Prints, as JSON, its URL by binding."""

import asyncio

from a2a.server.request_handlers import DefaultRequestHandler, GrpcHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCard, AgentInterface, Part, Task, TaskState, TaskStatus
from a2a.types.a2a_pb2_grpc import add_A2AServiceServicer_to_server
from sayer import CARD, Sayer
from serving import serve
from starlette.applications import Starlette


def new_task(context):
    status = TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)
    return Task(id=context.task_id, context_id=context.context_id, status=status, history=[context.message])


def card_of(binding, url):
    return AgentCard(
        supported_interfaces=[AgentInterface(url=url, protocol_binding=binding, protocol_version='1.0')],
        **CARD,
    )


def handler_of(card):
    sayer = Sayer(new_task, lambda text: Part(text=text), lambda updater, message: updater.requires_input(message))
    return DefaultRequestHandler(agent_executor=sayer, task_store=InMemoryTaskStore(), agent_card=card)


def apps_of(urls, services, target):
    rpc = card_of('JSONRPC', f'{urls["JSONRPC"]}/rpc')
    rest = card_of('HTTP+JSON', urls['HTTP+JSON'])
    remote = card_of('GRPC', target)
    add_A2AServiceServicer_to_server(GrpcHandler(handler_of(remote)), services)
    return {
        'JSONRPC': Starlette(routes=[*create_agent_card_routes(rpc), *create_jsonrpc_routes(handler_of(rpc), '/rpc')]),
        'HTTP+JSON': Starlette(routes=[*create_agent_card_routes(rest), *create_rest_routes(handler_of(rest))]),
        'GRPC': Starlette(routes=create_agent_card_routes(remote)),
    }


asyncio.run(serve(apps_of))
