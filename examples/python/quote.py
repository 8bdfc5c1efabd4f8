"""A plain workflow: the bridge serves it as it is."""

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ApplicationError


@dataclass
class Item:
    sku: str
    price: float
    quantity: int = 1


@dataclass
class Order:
    customer: str
    items: list[Item]


@dataclass
class Price:
    customer: str
    net: float
    tax: float
    total: float
    note: str | None = None


@workflow.defn
class Quote:
    @workflow.run
    async def run(self, order: Order) -> Price:
        if not order.items:
            # Only an ApplicationError ends a workflow; any other exception has its task tried again.
            raise ApplicationError("the order has no items", type="EmptyOrder")
        net = round(sum(item.price * item.quantity for item in order.items), 2)
        tax = round(net * 0.2, 2)
        return Price(order.customer, net, tax, round(net + tax, 2))
