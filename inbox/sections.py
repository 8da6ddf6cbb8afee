"""The parts of the inbox that stand in its navigation."""

from dataclasses import dataclass

from core.roles import Role
from inbox.rights import Right, may


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is the phrase that it is called by; `right` None: for everybody."""

    name: str
    path: str
    right: Right | None = None


SECTIONS = (
    Section("inbox", "/inbox"),
    Section("contacts", "/contacts"),
    Section("replies", "/replies"),
    Section("overview", "/overview"),
    Section("pages", "/pages", Right.TEND_PAGES),
    Section("people", "/people", Right.MANAGE_PEOPLE),
    Section("audit", "/audit", Right.READ_AUDIT),
    Section("deliveries", "/deliveries", Right.TEND_WEBHOOKS),
)


def sections_of(role: Role) -> list[Section]:
    """What this role may open, in the order in which it is shown."""
    return [one for one in SECTIONS if one.right is None or may(role, one.right)]
