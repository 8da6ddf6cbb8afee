"""Contacts, their addresses and their orders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from core.ids import (
    AccountId,
    AddressId,
    ContactId,
    CustomerId,
    OperatorId,
    OrderId,
    RecordId,
    SiteId,
    UserId,
)

Json: TypeAlias = Any
"""A value that JSON can hold, cleaned by `core.values.clean_json`."""


LONGEST_TAG = 64
"""In characters."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a messenger tells about a person; empty strings where it tells nothing."""

    first_name: str = ""
    last_name: str = ""
    username: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A person's id on one account of ours, and whether and how we may write there."""

    id: AddressId
    account: AccountId
    user: UserId
    contact: ContactId
    profile: Profile = Profile()
    is_reachable: bool = True
    last_inbound_at: datetime | None = None
    stopped_at: datetime | None = None
    """The platform's time of the last STOP that is still in force or was undone; orders acts."""
    stop: RecordId | None = None
    """The STOP in force: None after START."""
    stop_confirmed_at: datetime | None = None
    held_since: datetime | None = None
    """A likely STOP was asked about and is not answered: nothing we start ourselves goes out."""
    is_proven: bool = False
    """A second proof was given: this address may see all that the contact has."""
    opened_with: str = ""
    """A deep link's parameter that waits until the person may be written to."""
    opened_at: datetime | None = None
    read_up_to: int | None = None
    """The greatest id of a send of ours that the person is known to have read."""
    operator: OperatorId | None = None
    """Whose own messenger this is: alerts come here, and it is no contact's until a STOP."""
    blocked_at: datetime | None = None
    """When operators blocked it: see `core.hearing`."""
    heard_since: datetime | None = None
    heard: int = 0
    """How many messages came since then; it begins anew now and then."""
    muted_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person. `merged_into` points to the contact that stands for this one, None for itself."""

    id: ContactId
    site: SiteId | None = None
    customer: CustomerId | None = None
    name: str = ""
    locale: str = ""
    timezone: str = ""
    attributes: Mapping[str, Json] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    merged_into: ContactId | None = None
    marketing_stopped_at: datetime | None = None
    """A STOP on any address ended marketing on all: only a later subscribe counts."""
    marketing_stopped_by: RecordId | None = None


@dataclass(frozen=True, slots=True)
class OrderItem:
    name: str
    quantity: float = 1
    price: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase as a site token or an event told it. `ref` is the shop's own id of it."""

    id: OrderId
    ref: str
    number: str = ""
    status: str = ""
    total: str = ""
    currency: str = ""
    url: str = ""
    items: tuple[OrderItem, ...] = ()
