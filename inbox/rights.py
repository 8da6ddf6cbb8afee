"""Who may do what in the inbox: the one place where it is decided."""

from enum import Enum, auto

from core.roles import Role


class Right(Enum):
    ANSWER = auto()
    TAKE = auto()
    CLOSE = auto()
    NOTE = auto()
    LABEL = auto()
    ASSIGN_OTHERS = auto()
    ACT_IN_BULK = auto()
    SEE_ALL_FIGURES = auto()
    SHARE_REPLIES = auto()
    TEND_CONTACT = auto()
    """Tags, attributes, subscriptions on their word; block, and lift what mutes them."""
    MERGE_CONTACTS = auto()
    EXPORT_CONTACT = auto()
    READ_AUDIT = auto()
    MANAGE_PEOPLE = auto()
    ERASE_CONTACT = auto()
    CHANGE_SETTINGS = auto()
    HEAR_ESCALATIONS = auto()
    TEND_WEBHOOKS = auto()
    """See what sites are told, and send it again."""
    TEND_PAGES = auto()
    """Landing pages: make, change and archive them."""
    ALTER_OTHERS = auto()
    """Edit and delete what colleagues have sent; one's own everybody may who answers."""


_OPERATOR = frozenset(
    {
        Right.ANSWER,
        Right.TAKE,
        Right.ASSIGN_OTHERS,
        Right.CLOSE,
        Right.NOTE,
        Right.LABEL,
        Right.TEND_CONTACT,
    }
)
_SUPERVISOR = _OPERATOR | {
    Right.ACT_IN_BULK,
    Right.SEE_ALL_FIGURES,
    Right.SHARE_REPLIES,
    Right.MERGE_CONTACTS,
    Right.EXPORT_CONTACT,
    Right.READ_AUDIT,
    Right.HEAR_ESCALATIONS,
    Right.TEND_WEBHOOKS,
    Right.TEND_PAGES,
    Right.ALTER_OTHERS,
}
_RIGHTS = {
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: frozenset(Right),
}


def may(role: Role, right: Right) -> bool:
    return right in _RIGHTS[role]
