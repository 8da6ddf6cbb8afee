"""May an operator subscribe somebody on their word? One rule for the page and for the act."""

from collections.abc import Mapping
from enum import StrEnum

from core.ids import TopicId
from core.people import Address, Contact
from core.topics import Subscription, SubscriptionState, TopicClass


class WhyNot(StrEnum):
    """Only the contact could do it, or nobody."""

    STOPPED = "stopped"
    MARKETING_STOPPED = "marketing_stopped"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"


def is_stopped(address: Address, rows: Mapping[TopicId, Subscription]) -> bool:
    """A STOP is in force and nothing was subscribed since."""
    return address.stop is not None and not any(
        row.state is not SubscriptionState.UNSUBSCRIBED for row in rows.values()
    )


def why_not_on(
    address: Address, contact: Contact, rows: Mapping[TopicId, Subscription], cls: TopicClass
) -> WhyNot | None:
    """After a STOP only the person brings themselves back, whatever they are said to have said.

    A STOP on one address ends advertising on all of them, so it holds here too.
    """
    if is_stopped(address, rows):
        return WhyNot.STOPPED
    if cls is TopicClass.MARKETING and contact.marketing_stopped_at is not None:
        return WhyNot.MARKETING_STOPPED
    if address.blocked_at is not None:
        return WhyNot.BLOCKED
    return None if address.is_reachable else WhyNot.UNREACHABLE
