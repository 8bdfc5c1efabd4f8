"""Serves one agent over each binding, whatever the version of its SDK."""

import json
import socket

import grpc
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

BASES = {'JSONRPC': '/json-rpc', 'HTTP+JSON': '/http-json', 'GRPC': '/grpc'}


async def serve(apps_of):
    """Prints, as JSON, the agent's base URL by binding, and goes on until the process ends.

    `apps_of` gets the base URLs, the gRPC server and its address; it gives an ASGI app for each binding, below its
    base URL, for gRPC that of the card.
    """
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    urls = {binding: f'http://127.0.0.1:{listener.getsockname()[1]}{base}' for binding, base in BASES.items()}
    services = grpc.aio.server()
    target = f'127.0.0.1:{services.add_insecure_port("127.0.0.1:0")}'
    apps = apps_of(urls, services, target)
    await services.start()
    print(json.dumps(urls), flush=True)
    app = Starlette(routes=[Mount(base, app=apps[binding]) for binding, base in BASES.items()])
    await uvicorn.Server(uvicorn.Config(app, log_level='error')).serve(sockets=[listener])
