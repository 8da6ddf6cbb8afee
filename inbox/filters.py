"""Which conversations a list shows, as its address says it, and in which order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from api.errors import ApiError
from api.paging import cursor, read_cursor
from core.conversations import ConversationState
from core.ids import AccountId, OperatorId, TopicId
from storage.conversations import Listed
from storage.lists import Order, Place, Wanted

VIEWS: Mapping[str, tuple[str, str]] = {
    "mine": ("open", "me"),
    "unassigned": ("open", "none"),
    "open": ("open", ""),
    "snoozed": ("snoozed", ""),
    "closed": ("closed", ""),
}
"""Name → (state, assignee): the tabs above the list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`assignee` is "me", "none", or "" for everybody's; `label` an id; all else "" for any."""

    state: str = "open"
    assignee: str = ""
    account: str = ""
    label: str = ""
    topic: str = ""
    order: str = Order.LATEST

    @property
    def query(self) -> str:
        """The part of an address that stands for it; what is usual is left out."""
        usual = {"order": Order.LATEST}
        values = {"state": self.state, "assignee": self.assignee, **self.narrowing}
        return urlencode({name: one for name, one in values.items() if one != usual.get(name, "")})

    @property
    def narrowing(self) -> dict[str, str]:
        """What holds in every tab."""
        return {
            "account": self.account,
            "label": self.label,
            "topic": self.topic,
            "order": self.order,
        }

    @property
    def is_narrowed(self) -> bool:
        return bool(self.account or self.label or self.topic)

    @property
    def view(self) -> str:
        """The tab that it belongs to."""
        for name, view in VIEWS.items():
            if (self.state, self.assignee) == view:
                return name
        return self.state

    def of_view(self, name: str) -> "Filter":
        """The same in another tab."""
        state, assignee = VIEWS[name]
        return replace(self, state=state, assignee=assignee)

    def wanted(self, operator: OperatorId) -> Wanted:
        return Wanted(
            state=ConversationState(self.state),
            assignee=operator if self.assignee == "me" else None,
            is_unassigned=self.assignee == "none",
            accounts=(AccountId(self.account),) if self.account else None,
            label=int(self.label) if self.label else None,
            topic=TopicId(self.topic) if self.topic else None,
            order=Order(self.order),
        )

    def has(self, listed: Listed, labels: Collection[int], operator: OperatorId) -> bool | None:
        """Whether this conversation belongs in the list; None where only the database knows."""
        one = listed.conversation
        if one.state != self.state or (self.account and one.account != self.account):
            return False
        if self.assignee and one.assignee != (operator if self.assignee == "me" else None):
            return False
        if self.label and int(self.label) not in labels:
            return False
        if self.order == Order.WAITING and one.waiting_since is None:
            return False
        return None if self.topic else True

    def place(self, listed: Listed) -> Place:
        """Where it stands in the list."""
        one = listed.conversation
        if self.order == Order.WAITING:
            return Place(one.waiting_since or one.last_message_at, one.id)
        is_first = self.order == Order.UNREAD and one.unread > 0
        return Place(one.last_message_at, one.id, is_first)

    def rank(self, place: Place) -> tuple[int, float, int]:
        """Sorts places as the database does: smaller ones stand higher."""
        at = place.at.timestamp()
        if self.order == Order.WAITING:
            return (0, at, place.id)
        return (0 if place.is_unread else 1, -at, -place.id)


def filter_of(query: Mapping[str, str]) -> Filter:
    """What is not known is taken for the usual: open, everybody's."""
    state, assignee, order = (query.get(name, "") for name in ("state", "assignee", "order"))
    label = query.get("label", "")
    is_id = label.isascii() and label.isdigit() and len(label) < 20
    return Filter(
        state=state if state in set(ConversationState) else "open",
        assignee=assignee if assignee in ("me", "none") else "",
        account=query.get("account", "")[:64],
        label=label if is_id and int(label) < 2**63 else "",
        topic=query.get("topic", "")[:64],
        order=order if order in set(Order) else Order.LATEST,
    )


def dump_place(place: Place) -> str:
    return cursor(place.at.isoformat(), f"{place.id}{'u' if place.is_unread else ''}")


def read_place(text: str) -> Place | None:
    """Where a page of the list begins; a broken address of one gives the first page."""
    if not text:
        return None
    try:
        at, id_ = read_cursor(text[:200], 2)
        number = int(str(id_).removesuffix("u"))
        parsed = datetime.fromisoformat(at)
    except (ApiError, ValueError, TypeError):
        return None
    is_sound = parsed.tzinfo is not None and 0 <= number < 2**63
    return Place(parsed, number, str(id_).endswith("u")) if is_sound else None
