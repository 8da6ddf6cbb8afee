"""The little shop that the tests of flows happen in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.channels import Channel, Limits
from core.ids import ContactId, OrderId, SessionId, TopicId
from core.people import Contact, Order, OrderItem, Profile
from core.topics import Topic, TopicClass
from core.words import vocabulary
from flows.check import World
from flows.facts import Facts
from flows.language import Flow
from flows.load import load
from flows.session import Session

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ORDERS, PROMO, DIGEST = TopicId("orders"), TopicId("promo"), TopicId("digest")
TOPICS: Mapping[TopicId, Topic] = {
    ORDERS: Topic(ORDERS, TopicClass.SERVICE, {"en": "Order updates", "ru": "Статусы заказов"}),
    PROMO: Topic(
        PROMO,
        TopicClass.MARKETING,
        {"en": "Offers", "ru": "Акции"},
        consent={"en": "I agree to get offers.", "ru": "Согласие получать акции."},
    ),
    DIGEST: Topic(DIGEST, TopicClass.MARKETING, {"en": "Digest", "ru": "Дайджест"}, confirm=True),
}
ORDER = Order(
    OrderId(1),
    "r-1",
    "1042",
    "paid",
    "120",
    "EUR",
    "https://shop.example.com/o/1042",
    (OrderItem("Tea set", 1, "100"), OrderItem("Cup", 2, "10")),
)
LINKS = {"site": "https://shop.example.com"}
TELEGRAM = Limits(
    text=4096,
    caption=1024,
    button_label=30,
    button_value_bytes=64,
    buttons=8,
    buttons_in_row=4,
    start_parameter=64,
    account_per_second=30,
    address_per_second=1,
    address_burst=1,
    is_idempotent=False,
    tells_delivered=False,
    tells_read=False,
)
WORLD = World(
    TOPICS,
    ("en", "ru"),
    vocabulary(("en", "ru"), {"promo": PROMO, "orders": ORDERS}),
    {Channel.TELEGRAM: TELEGRAM},
)


def flow(steps: str, header: str = "") -> Flow:
    """A flow with these steps; `header` adds keys such as a topic."""
    head = "" if "flow:" in header else "flow: case\n"
    title = "" if "title:" in header else "title: Case\n"
    return load(f"{head}{title}{header}\nsteps:\n{steps}" if steps else header)


def facts(*flows: Flow, **changes: Any) -> Facts:
    """Anna, who came with her order; `changes` are fields of Facts."""
    known: dict[str, Any] = {
        "contact": Contact(ContactId(1), name="Anna Petrova"),
        "profile": Profile(first_name="Anna"),
        "channel": Channel.TELEGRAM,
        "locale": "en",
        "topics": TOPICS,
        "subscriptions": {},
        "flows": {one.name: one for one in flows},
        "versions": {one.version: one for one in flows},
        "order": ORDER,
        "orders": (ORDER,),
        "site_name": "Example shop",
        "links": LINKS,
    }
    return Facts(**(known | changes))


def session(of: Flow, **changes: Any) -> Session:
    """A session of the flow that was not entered yet."""
    known: dict[str, Any] = {"id": SessionId(7), "flow": of.name, "version": of.version}
    return Session(**(known | changes))
