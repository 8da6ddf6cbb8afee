"""What a turn may know about the world, read before it and unchanged during it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from core.channels import Channel
from core.ids import FlowName, FlowVersion, TopicId
from core.people import Contact, Order, Profile
from core.topics import Subscription, Topic

if TYPE_CHECKING:
    from flows.language import Flow


@dataclass(frozen=True, slots=True)
class Facts:
    """`flows` are today's by name (for `run`); `versions` all that are kept (to come back from it).

    `order` is the session's subject; `orders` only those that this address may see.
    `is_asked_elsewhere`: another session of the address asks now, so a question must queue.
    """

    contact: Contact
    profile: Profile
    channel: Channel
    locale: str
    topics: Mapping[TopicId, Topic]
    subscriptions: Mapping[TopicId, Subscription]
    flows: Mapping[FlowName, "Flow"]
    versions: Mapping[FlowVersion, "Flow"]
    order: Order | None = None
    orders: tuple[Order, ...] = ()
    is_asked_elsewhere: bool = False
    default_language: str = "en"
    site_name: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    preferences: Callable[[datetime], str] | None = None
    """Makes the URL of the person's preferences; `links.preferences` in templates."""
