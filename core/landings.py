"""Landing pages: what an operator says on one, and its name, which stands on printed posters."""

import re
from dataclasses import dataclass
from datetime import datetime

from core.ids import FlowName, OperatorId, SiteId, TopicId
from core.languages import Localized

LONGEST_NAME = 64
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_TAKEN = frozenset({"new"})


@dataclass(frozen=True, slots=True)
class LandingPage:
    """`topics` of service are what whoever comes gets; those of marketing are boxes to tick.

    `words` may be empty. `flow` is begun by whoever comes, "" leaves it to what flows say
    themselves. `note` tells where the page is used, and goes to the contact as `source`.
    """

    name: str
    site: SiteId
    title: Localized
    words: Localized
    topics: tuple[TopicId, ...]
    flow: FlowName | None
    note: str
    made_by: OperatorId
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None = None


def name_of(text: str) -> str | None:
    """As it stands in the address; None where it cannot stand there."""
    name = text.strip().lower()
    return name if _NAME.fullmatch(name) and name not in _TAKEN else None
