"""Runs the workflows of this folder. Argument: {queue, codec, build, behavior}, all but the first optional."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import timedelta

from caller import Caller
from codec import ShiftCodec
from outcomes import Outcome, Pydantic, Typed, fail
from script import Script, report
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig
from vector import Vector, fail_like, signal


async def main() -> None:
    config = json.loads(sys.argv[1])
    converter = DataConverter.default
    if config.get('codec'):
        converter = replace(
            converter,
            payload_codec=ShiftCodec(),
            failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        )
    address = os.environ['TEMPORAL_ADDRESS']
    client = await Client.connect(address, data_converter=converter)
    pydantic_client = await Client.connect(address, data_converter=pydantic_data_converter)
    queue = config['queue']
    common = {
        'workflow_runner': UnsandboxedWorkflowRunner(),
        'max_heartbeat_throttle_interval': timedelta(milliseconds=100),
    }
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[Outcome, Typed, Script, Caller, Vector],
        activities=[fail, report, signal, fail_like],
        deployment_config=deployment(config),
        **common,
    )
    typed = Worker(pydantic_client, task_queue=f'{queue}-pydantic', workflows=[Pydantic], **common)
    async with worker, typed:
        print('ready', flush=True)
        await asyncio.Event().wait()


def deployment(config: dict) -> WorkerDeploymentConfig | None:
    if 'build' not in config:
        return None
    os.environ['BUILD_ID'] = config['build']
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(config['queue'], config['build']),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior[config['behavior']],
    )


asyncio.run(main())
