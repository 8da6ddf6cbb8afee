"""Subscriptions as switches: one for each topic that an address has or could have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.ids import TopicId
from core.people import Address, Contact
from core.switching import WhyNot, why_not_on
from core.topics import Subscription, SubscriptionState, TopicClass
from dialogues.catalog import Catalog
from inbox.language import sayer


@dataclass(frozen=True, slots=True)
class Switch:
    """`look` is on, waits or off; `act` what it would do. `why` says what follows then, or why it
    is not to be had: `act` is "" there."""

    topic: str
    title: str
    look: str
    state: str
    since: datetime | None
    act: str
    why: str


def switches_of(
    address: Address,
    contact: Contact,
    rows: Mapping[TopicId, Subscription],
    catalog: Catalog,
    language: str,
    name: str,
) -> tuple[Switch, ...]:
    """Those of the configuration first, in its order; then what is not configured any more."""
    topics = [*catalog.topics, *(one for one in sorted(rows) if one not in catalog.topics)]
    made = []
    for topic in topics:
        act, phrase = _act(topic, address, contact, rows, catalog)
        why = sayer(language)(phrase, name=name)
        made.append(_switch(topic, rows.get(topic), act, why, catalog, language))
    return tuple(made)


def _switch(
    topic: TopicId, row: Subscription | None, act: str, why: str, catalog: Catalog, language: str
) -> Switch:
    return Switch(
        topic=topic,
        title=catalog.title(topic, language),
        look=_LOOKS[row.state] if row is not None else "off",
        state=sayer(language)(f"state_{row.state}" if row is not None else "state_never"),
        since=row.since if row is not None else None,
        act=act,
        why=why,
    )


def _act(
    topic: TopicId,
    address: Address,
    contact: Contact,
    rows: Mapping[TopicId, Subscription],
    catalog: Catalog,
) -> tuple[str, str]:
    """(what an operator may do, the phrase that says what follows or why not)."""
    row = rows.get(topic)
    if row is not None and row.state is not SubscriptionState.UNSUBSCRIBED:
        return "unsubscribe", "switch_off_hint"
    known = catalog.topics.get(topic)
    if known is None:
        return "", "topic_is_gone"
    why_not = why_not_on(address, contact, rows, known.cls)
    return ("", WHY_NOT[why_not]) if why_not is not None else ("subscribe", _HINTS[known.cls])


_LOOKS = {
    SubscriptionState.SUBSCRIBED: "on",
    SubscriptionState.PENDING: "waits",
    SubscriptionState.UNSUBSCRIBED: "off",
}
_HINTS = {
    TopicClass.SERVICE: "switch_on_hint",
    TopicClass.MARKETING: "switch_on_marketing_hint",
}
WHY_NOT = {
    WhyNot.STOPPED: "only_they_come_back",
    WhyNot.MARKETING_STOPPED: "stopped_elsewhere",
    WhyNot.BLOCKED: "blocked_stays_off",
    WhyNot.UNREACHABLE: "unreachable_stays_off",
}
"""What is said where an operator may not subscribe somebody."""
