"""What templates can name: the contact, the order, the topics and the rest, as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.ids import TopicId
from core.languages import pick
from core.people import Json, Order
from core.policy import zone
from core.topics import SubscriptionState, Topic
from flows.facts import Facts
from flows.provided import PROVIDED


@dataclass(slots=True)
class Names:
    """A lookup for one turn. It changes as the turn sets, subscribes and tags.

    `now` None: nothing may ask for the time (before a flow has begun).
    """

    facts: Facts
    variables: dict[str, Json]
    now: datetime | None = None
    attributes: dict[str, Json] = field(default_factory=dict)
    states: dict[TopicId, SubscriptionState] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    local: Mapping[str, Json] = field(default_factory=dict)

    def __call__(self, name: str) -> Any:
        """The value of a name, None if it has none."""
        if name in self.local:
            return self.local[name]
        made = _PROVIDED.get(name)
        return self.variables.get(name) if made is None else made(self)

    @property
    def language(self) -> str:
        return self.facts.locale or self.facts.default_language

    def localized(self, texts: Mapping[str, str]) -> str:
        """The text in the contact's language."""
        return pick(texts, self.facts.locale, self.facts.default_language)

    def state(self, topic: TopicId) -> SubscriptionState | None:
        """Whether the contact is subscribed, this turn's steps counted in."""
        if topic in self.states:
            return self.states[topic]
        subscription = self.facts.subscriptions.get(topic)
        return subscription.state if subscription else None


def _contact(names: Names) -> dict[str, Json]:
    contact, profile = names.facts.contact, names.facts.profile
    full = contact.name or f"{profile.first_name} {profile.last_name}".strip()
    return {
        **contact.attributes,
        **names.attributes,
        "name": full,
        # A shop may write the family name first; a messenger keeps the two apart.
        "first_name": profile.first_name or full.partition(" ")[0],
        "last_name": profile.last_name,
        "locale": names.facts.locale,
        "timezone": contact.timezone,
        "tags": sorted(names.tags),
    }


def _order_data(order: Order) -> dict[str, Json]:
    return {
        "ref": order.ref,
        "number": order.number or order.ref,
        "status": order.status,
        "total": order.total,
        "currency": order.currency,
        "url": order.url,
        "items": [
            {"name": item.name, "quantity": item.quantity, "price": item.price}
            for item in order.items
        ],
    }


def _order(names: Names) -> dict[str, Json] | None:
    order = names.facts.order
    return None if order is None else _order_data(order)


def _orders(names: Names) -> list[Json]:
    return [_order_data(order) for order in names.facts.orders]


def _topics(names: Names) -> list[Json]:
    return [_topic(names, topic) for topic in names.facts.topics.values()]


def _topic(names: Names, topic: Topic) -> dict[str, Json]:
    state = names.state(topic.id)
    return {
        "id": str(topic.id),
        "title": names.localized(topic.title),
        "class": str(topic.cls),
        "consent": names.localized(topic.consent) if topic.consent else "",
        "subscribed": state is SubscriptionState.SUBSCRIBED,
        "pending": state is SubscriptionState.PENDING,
    }


def _event(names: Names) -> Json:
    return names.variables.get("event")


def _site(names: Names) -> dict[str, Json]:
    return {"name": names.facts.site_name}


def _channel(names: Names) -> str:
    return str(names.facts.channel)


def _now(names: Names) -> datetime | None:
    return names.now and names.now.astimezone(zone(names.facts.contact.timezone))


def _links(names: Names) -> dict[str, Json]:
    links = dict(names.facts.links)
    if names.facts.preferences is not None and names.now is not None:
        links["preferences"] = names.facts.preferences(names.now)
    return links


_PROVIDED: Mapping[str, Callable[[Names], Any]] = {
    "contact": _contact,
    "order": _order,
    "orders": _orders,
    "topics": _topics,
    "event": _event,
    "site": _site,
    "channel": _channel,
    "now": _now,
    "links": _links,
    "language": lambda names: names.language,
}
assert set(_PROVIDED) == PROVIDED


def names_for(facts: Facts, variables: Mapping[str, Json], now: datetime | None = None) -> Names:
    """The names at the beginning of a turn."""
    return Names(facts, dict(variables), now, tags=facts.contact.tags)
