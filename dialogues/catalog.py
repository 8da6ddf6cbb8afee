"""What stays the same while events are decided: accounts, sites, topics, flows, words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from core.channels import Channel, Limits
from core.hearing import Flood
from core.hooks import Hooks
from core.hours import Away
from core.ids import AccountId, FlowName, FlowVersion, SiteId, TopicId
from core.languages import pick
from core.messages import MessageClass
from core.sites import Site
from core.topics import Topic
from core.words import Vocabulary
from flows.language import Flow
from subscriptions.preferring import PreferenceLinks

DEFAULT_LIFE: Mapping[MessageClass, timedelta | None] = {
    MessageClass.REPLY: None,
    MessageClass.SERVICE: timedelta(days=3),
    MessageClass.MARKETING: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Account:
    """One of our bots or communities, as rules see it."""

    id: AccountId
    channel: Channel
    limits: Limits
    site: SiteId
    title: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """Made from the configuration and the flows at start.

    `versions` holds every version of a flow that a session may be in; receiving adds to it the
    ones that another node brought. `life` is how long an unsent message keeps its worth.
    """

    accounts: Mapping[AccountId, Account]
    sites: Mapping[SiteId, Site]
    topics: Mapping[TopicId, Topic]
    flows: Mapping[FlowName, Flow]
    versions: dict[FlowVersion, Flow]
    vocabulary: Vocabulary
    languages: tuple[str, ...] = ("en", "ru")
    life: Mapping[MessageClass, timedelta | None] = field(default_factory=lambda: DEFAULT_LIFE)
    away: Away | None = None
    flood: Flood | None = None
    hooks: Hooks = field(default_factory=Hooks)
    ask_every: timedelta | None = None
    """How often at most somebody is asked after a conversation was closed; None: never."""
    preferences: PreferenceLinks | None = None

    def title(self, topic: TopicId, locale: str) -> str:
        """The topic's name for a person; its id where it is not configured any more."""
        known = self.topics.get(topic)
        return pick(known.title, locale, self.languages[0]) if known else topic
