"""Runs the workflows and activities of this folder until Ctrl-C."""

import asyncio

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from greeter import Greeter, write_poem
from offer import Offer
from quote import Quote


async def main() -> None:
    # TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY and the rest, or Temporal's configuration file.
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    client = await Client.connect(**config)
    worker = Worker(client, task_queue="python", workflows=[Quote, Greeter, Offer], activities=[write_poem])
    print("The worker polls the task queue python", flush=True)
    await worker.run()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
