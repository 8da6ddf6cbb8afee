"""Two contacts that are one person: what the one that stays is given, and how it is taken back.

The other one's own row keeps all it had; only `merged_into` is set, so that it can be undone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from core.ids import ContactId, RecordId, SiteId
from core.people import Contact, Json


class Nonsense(StrEnum):
    """Why two contacts are not joined."""

    ITSELF = "itself"
    OTHER_SITE = "other_site"
    TWO_CUSTOMERS = "two_customers"
    """Unless somebody has said that they are sure."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the contact that stays got from the other, and its own mark of STOP from before."""

    name: str = ""
    locale: str = ""
    timezone: str = ""
    attributes: Mapping[str, Json] | None = None
    tags: frozenset[str] = frozenset()
    stopped_at: datetime | None = None
    stopped_by: RecordId | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A STOP that somebody said, and its record."""

    at: datetime
    by: RecordId


def which_stays(one: Contact, other: Contact) -> tuple[Contact, Contact]:
    """(stays, goes): who is a customer stands for the person, else the first."""
    is_other = one.customer is None and other.customer is not None
    return (other, one) if is_other else (one, other)


def nonsense(
    one: Contact,
    other: Contact,
    sites: Mapping[ContactId, SiteId | None],
    *,
    is_sure: bool,
) -> Nonsense | None:
    """Both stand for themselves; so there is no chain and no circle. `sites` where they belong."""
    if one.id == other.id:
        return Nonsense.ITSELF
    theirs = {site for id_ in (one.id, other.id) if (site := sites.get(id_)) is not None}
    if len(theirs) > 1:
        return Nonsense.OTHER_SITE
    customers = {who.customer for who in (one, other) if who.customer is not None}
    return Nonsense.TWO_CUSTOMERS if len(customers) > 1 and not is_sure else None


def joined(kept: Contact, gone: Contact) -> tuple[Contact, Given]:
    """The contact that stays, as it is then, and what it was given.

    The later of two STOPs holds for the whole person.
    """
    attributes = {k: v for k, v in gone.attributes.items() if k not in kept.attributes}
    given = Given(
        name="" if kept.name else gone.name,
        locale="" if kept.locale else gone.locale,
        timezone="" if kept.timezone else gone.timezone,
        attributes=attributes,
        tags=gone.tags - kept.tags,
        stopped_at=kept.marketing_stopped_at,
        stopped_by=kept.marketing_stopped_by,
    )
    later = max((kept, gone), key=stopped_last)
    whole = replace(
        kept,
        name=kept.name or gone.name,
        locale=kept.locale or gone.locale,
        timezone=kept.timezone or gone.timezone,
        attributes={**attributes, **kept.attributes},
        tags=kept.tags | gone.tags,
        marketing_stopped_at=later.marketing_stopped_at,
        marketing_stopped_by=later.marketing_stopped_by,
    )
    return whole, given


def parted(
    whole: Contact,
    gone: Contact,
    given: Given,
    *,
    was_said_there: bool,
    said_here: Stop | None = None,
    said_there: Stop | None = None,
) -> tuple[Contact, Contact]:
    """(the one that stayed, the one that went), each for itself again.

    What was given is taken back where nobody has changed it since. A STOP that is in force stays
    with the side on whose address it was said (`was_said_there`: the other's); one that a START
    has lifted since is lifted on both. The person had one mark for all of them: what else was
    said on the addresses of a side (`said_here`, `said_there`) is that side's own again.
    """
    attributes = given.attributes or {}
    kept = replace(
        whole,
        name="" if given.name and whole.name == given.name else whole.name,
        locale="" if given.locale and whole.locale == given.locale else whole.locale,
        timezone="" if given.timezone and whole.timezone == given.timezone else whole.timezone,
        attributes={
            name: value
            for name, value in whole.attributes.items()
            if name not in attributes or attributes[name] != value
        },
        tags=whole.tags - given.tags,
    )
    gone = replace(gone, merged_into=None)
    if whole.marketing_stopped_at is None:
        return kept, replace(gone, marketing_stopped_at=None, marketing_stopped_by=None)
    if not was_said_there:
        return kept, _at_least(gone, said_there)
    back = replace(
        gone,
        marketing_stopped_at=whole.marketing_stopped_at,
        marketing_stopped_by=whole.marketing_stopped_by,
    )
    before = replace(
        kept, marketing_stopped_at=given.stopped_at, marketing_stopped_by=given.stopped_by
    )
    return _at_least(before, said_here), back


def _at_least(contact: Contact, stop: Stop | None) -> Contact:
    """With this STOP, where a later one is not in force anyway."""
    if stop is None or stopped_last(contact) >= stop.at.timestamp():
        return contact
    return replace(contact, marketing_stopped_at=stop.at, marketing_stopped_by=stop.by)


def stopped_last(contact: Contact) -> float:
    at = contact.marketing_stopped_at
    return at.timestamp() if at is not None else float("-inf")
