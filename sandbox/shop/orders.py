"""Orders that visitors of the demo shop placed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

from sandbox.values import Json

FIRST_NUMBER = 1042
_MOST_ORDERS = 500
STATUSES: Final = ("paid", "sent", "delivered")
"""In the order in which a parcel goes through them."""


@dataclass(frozen=True, slots=True)
class Order:
    """`total` and prices are decimal text in `currency`, as shops send them."""

    number: int
    customer: str
    name: str
    product: str
    quantity: int
    price: str
    total: str
    currency: str
    placed_at: float
    status: str = "paid"
    language: str = "en"

    @property
    def next_status(self) -> str | None:
        """None: it has arrived."""
        at = STATUSES.index(self.status) + 1
        return STATUSES[at] if at < len(STATUSES) else None


class Orders:
    def __init__(self) -> None:
        self._orders: OrderedDict[int, Order] = OrderedDict()
        self._next = FIRST_NUMBER

    def take_number(self) -> int:
        number, self._next = self._next, self._next + 1
        return number

    def add(self, order: Order) -> None:
        self._orders[order.number] = order
        if len(self._orders) > _MOST_ORDERS:
            self._orders.popitem(last=False)

    def get(self, number: int, customer: str) -> Order | None:
        """The order, unless it is another customer's."""
        order = self._orders.get(number)
        return order if order is not None and order.customer == customer else None

    def advance(self, number: int, status: str) -> Order | None:
        """The order with its next status; None: there is none such, or it is not that far."""
        order = self._orders.get(number)
        if order is None or order.next_status != status:
            return None
        self._orders[number] = replace(order, status=status)
        return self._orders[number]

    def of(self, customer: str) -> Iterator[Order]:
        """The customer's orders, the newest first."""
        return (each for each in self if each.customer == customer)

    def __iter__(self) -> Iterator[Order]:
        """The newest first."""
        return reversed(self._orders.values())

    def clear(self) -> None:
        self._orders.clear()
        self._next = FIRST_NUMBER

    def dump(self) -> Json:
        return {"next": self._next, "orders": [asdict(each) for each in self._orders.values()]}

    def load(self, data: Json) -> None:
        self._next = data["next"]
        self._orders = OrderedDict((each["number"], Order(**each)) for each in data["orders"])
