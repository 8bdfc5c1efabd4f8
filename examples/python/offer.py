"""A workflow two of whose steps are agents: these calls are as durable as the workflow itself."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from temporalio import workflow

from quote import Order

Json = dict[str, Any]


@workflow.defn
class Offer:
    """What an order costs, and what twice as much of everything would."""

    @workflow.run
    async def run(self, order: Order) -> Json:
        more = replace(order, items=[replace(item, quantity=2 * item.quantity) for item in order.items])
        once = await by_child_workflow("quote", asdict(order))
        twice = await by_nexus("quote", asdict(more))
        return {"once": total_of(once), "twice": total_of(twice)}


async def by_child_workflow(agent: str, data: Json) -> Json:
    """For workflows of the namespace that the bridge is in. Gives the agent's Task, which is COMPLETED."""
    answer: Json = await workflow.execute_child_workflow(
        "a2aCall",
        {"agent": agent, "message": [{"data": data}], "options": {"timeout": "5m"}},
        result_type=dict,
        task_queue="temporal-a2a",
        # By default a workflow that ends terminates its children, and the agent would not hear of it.
        parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
    )
    return answer["task"]  # type: ignore[no-any-return]


async def by_nexus(agent: str, data: Json) -> Json:
    """For workflows of any namespace. Gives the agent's Task, which is COMPLETED or asks."""
    agents = workflow.create_nexus_client(service="A2AService", endpoint="temporal-a2a")
    answer: Json = await agents.execute_operation(
        "SendMessage",
        {"tenant": agent, "message": {"parts": [{"data": data}]}},
        output_type=dict,
        schedule_to_close_timeout=timedelta(minutes=5),
    )
    return answer["task"]  # type: ignore[no-any-return]


def total_of(task: Json) -> float:
    return float(task["artifacts"][0]["parts"][0]["data"]["total"])
