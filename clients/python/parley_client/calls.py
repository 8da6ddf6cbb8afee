"""The calls as values: what to send, and how to read what comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from parley_client.answers import Contact, EventTaken, Link, Preferences
from parley_client.claims import Claims, Order

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """`is_safe`: it may be sent again when no answer came."""

    method: str
    path: str
    read: Callable[[int, Any], T]
    is_safe: bool
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)


def links(
    site: str, claims: Claims, account: str | None, life: timedelta, token_id: str
) -> Call[list[Link]]:
    """`token_id` makes links for the same person's messengers one token."""
    said = claims.as_json()
    if token_id:
        said["jti"] = token_id
    body: dict[str, Any] = {
        "site": site,
        "claims": said,
        "expires_in": int(life.total_seconds()),
    }
    if account is not None:
        body["account"] = account
    # A link that nobody gets to see does no harm: another one is made.
    return Call("POST", "/api/v1/links", _links, is_safe=True, body=body)


def event(
    site: str,
    name: str,
    key: str,
    customer: str | int | None,
    order: Order | None,
    data: Mapping[str, Any],
) -> Call[EventTaken]:
    """`key` makes it one of a kind, so that it can be sent again."""
    body: dict[str, Any] = {"site": site, "name": name, "key": key, "data": dict(data)}
    if customer is not None:
        body["customer"] = str(customer)
    if order is not None:
        body["order"] = order.as_json()
    return Call("POST", "/api/v1/events", _taken, is_safe=True, body=body)


def contact(site: str, customer: str | int) -> Call[Contact | None]:
    """None: nobody came by a link of this customer."""
    query = {"site": site, "customer": str(customer)}
    return Call("GET", "/api/v1/contacts", _contact, is_safe=True, query=query)


def preferences(contact_id: str) -> Call[Preferences]:
    """Scope `links`."""
    path = f"/api/v1/contacts/{quote(contact_id, safe='')}/preferences"
    return Call("POST", path, _preferences, is_safe=True, body={})


def _preferences(_status: int, data: Any) -> Preferences:
    return Preferences(data["url"], datetime.fromisoformat(data["expires_at"]))


def _links(_status: int, data: Any) -> list[Link]:
    return [
        Link(
            one["account"],
            one["channel"],
            one["url"],
            one["code"],
            datetime.fromisoformat(one["expires_at"]),
        )
        for one in data["items"]
    ]


def _taken(status: int, data: Any) -> EventTaken:
    return EventTaken(status == 200, tuple(data["started"]), tuple(data["sent"]), data)


def _contact(_status: int, data: Any) -> Contact | None:
    return next(
        (Contact(one["id"], one["customer"], one["name"], one) for one in data["items"]), None
    )
