"""A person's preferences as switches: what is shown, and what a form of it asks for. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.ids import AddressId, ContactId, TopicId
from core.inbound import OptedByPage
from core.languages import pick
from core.people import Address, Contact, Json
from core.topics import Subscription, SubscriptionState, TopicClass
from dialogues.catalog import Catalog

PREFERENCES = "preferences"
_MOST = 20
"""Messengers of one person."""


@dataclass(frozen=True, slots=True)
class Switch:
    """`words` are shown beside it and are what somebody agrees to who turns it on."""

    topic: TopicId
    title: str
    is_marketing: bool
    state: SubscriptionState
    words: str

    @property
    def is_on(self) -> bool:
        return self.state is not SubscriptionState.UNSUBSCRIBED


@dataclass(frozen=True, slots=True)
class Messenger:
    address: Address
    title: str
    switches: tuple[Switch, ...]


@dataclass(frozen=True, slots=True)
class Preferences:
    """`mark` names the words that are shown: what is agreed to is what was seen."""

    messengers: tuple[Messenger, ...]
    mark: str


def theirs(
    people: Iterable[tuple[ContactId, Address]], contact: Contact, only: Address | None
) -> list[Address]:
    """Where we write to this person. `only`: for which address the link was made.

    A customer's further addresses are shown to one of them only after a second proof: a link of
    the shop that was passed on must not tell where the customer reads.
    """
    addresses = [one for _, one in people if one.is_reachable and one.operator is None]
    if only is not None and contact.customer is not None and not only.is_proven:
        addresses = [one for one in addresses if one.id == only.id]
    return sorted(addresses, key=lambda one: one.id)[:_MOST]


def preferences_of(
    addresses: Sequence[Address],
    rows: Mapping[AddressId, Mapping[TopicId, Subscription]],
    catalog: Catalog,
    language: str,
) -> Preferences:
    shown = tuple(
        Messenger(
            one,
            catalog.accounts[one.account].title,
            _switches(rows.get(one.id, {}), catalog, language),
        )
        for one in addresses
        if one.account in catalog.accounts
    )
    words = {switch.topic: switch.words for one in shown for switch in one.switches}
    told = json.dumps(sorted(words.items()), ensure_ascii=False)
    return Preferences(shown, hashlib.sha256(told.encode()).hexdigest()[:32])


def _switches(
    rows: Mapping[TopicId, Subscription], catalog: Catalog, language: str
) -> tuple[Switch, ...]:
    gone = [
        topic
        for topic, row in sorted(rows.items())
        if topic not in catalog.topics and row.state is not SubscriptionState.UNSUBSCRIBED
    ]
    made = []
    for id_ in (*catalog.topics, *gone):
        known, row = catalog.topics.get(id_), rows.get(id_)
        words = pick(known.consent, language) if known and known.consent else ""
        is_marketing = known is None or known.cls is TopicClass.MARKETING
        state = row.state if row is not None else SubscriptionState.UNSUBSCRIBED
        title = catalog.title(id_, language)
        made.append(Switch(id_, title, is_marketing, state, words if is_marketing else ""))
    return tuple(made)


def name_of(address: Address, topic: TopicId) -> str:
    """What the switch is called in the form."""
    return f"{address.id}:{topic}"


def asked_for(
    shown: Preferences, form: Mapping[str, str], evidence: Mapping[str, Json]
) -> list[tuple[Address, OptedByPage]]:
    """What the form changes, against how it was when it was drawn."""
    asked = []
    for messenger in shown.messengers:
        for switch in messenger.switches:
            name = name_of(messenger.address, switch.topic)
            was, wanted = form.get(f"was:{name}"), "yes" if f"on:{name}" in form else "no"
            if was not in ("yes", "no") or was == wanted or switch.is_on is (wanted == "yes"):
                continue
            told = dict(evidence)
            if wanted == "yes":
                told["words"] = switch.words or switch.title
            event = OptedByPage(switch.topic, wanted == "yes", PREFERENCES, told)
            asked.append((messenger.address, event))
    return asked


def leaving(shown: Preferences, evidence: Mapping[str, Json]) -> list[tuple[Address, OptedByPage]]:
    """Everything, everywhere."""
    event = OptedByPage(None, False, PREFERENCES, dict(evidence))
    return [(one.address, event) for one in shown.messengers]
