"""The calls as values: what to send, and how to read what comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from parley_client.answers import Contact, EventTaken, Link, Preferences
from parley_client.claims import Changes, Claims, Message, Order

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """Any of them may be sent again when no answer came: see what each says of it."""

    method: str
    path: str
    read: Callable[[int, Any], T]
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
    return Call("POST", "/api/v1/links", _links, body=body)


def event(
    site: str,
    name: str,
    key: str,
    customer: str | int | None,
    order: Order | None,
    data: Mapping[str, Any],
    message: Message | None,
    changes: Changes | None,
) -> Call[EventTaken]:
    """`key` makes it one of a kind, so that it can be sent again."""
    body: dict[str, Any] = {"site": site, "name": name, "key": key, "data": dict(data)}
    if customer is not None:
        body["customer"] = str(customer)
    if order is not None:
        body["order"] = order.as_json()
    if message is not None:
        body["message"] = message.as_json()
    if changes is not None:
        body["contact"] = changes.as_json()
    return Call("POST", "/api/v1/events", _taken, body=body)


def batch(
    site: str, wanted: Mapping[str, Claims], account: str | None, life: timedelta
) -> Call[dict[str, list[Link]]]:
    """`wanted` by names of your own, which come back."""
    one: dict[str, Any] = {"expires_in": int(life.total_seconds())}
    if account is not None:
        one["account"] = account
    links = [{"ref": ref, "claims": claims.as_json(), **one} for ref, claims in wanted.items()]
    body = {"site": site, "links": links}
    return Call("POST", "/api/v1/links/batch", _batch, body=body)


def change(contact_id: str, changes: Changes) -> Call[Contact]:
    """Scope `events`."""
    path = f"/api/v1/contacts/{quote(contact_id, safe='')}"
    return Call("PATCH", path, _changed, body=changes.as_json())


def contact(site: str, customer: str | int) -> Call[Contact | None]:
    """None: nobody came by a link of this customer."""
    query = {"site": site, "customer": str(customer)}
    return Call("GET", "/api/v1/contacts", _contact, query=query)


def preferences(contact_id: str) -> Call[Preferences]:
    """Scope `links`."""
    path = f"/api/v1/contacts/{quote(contact_id, safe='')}/preferences"
    return Call("POST", path, _preferences, body={})


def _preferences(_status: int, data: Any) -> Preferences:
    return Preferences(data["url"], datetime.fromisoformat(data["expires_at"]))


def _links(_status: int, data: Any) -> list[Link]:
    return [_link(one) for one in data["items"]]


def _batch(_status: int, data: Any) -> dict[str, list[Link]]:
    return {one["ref"]: [_link(link) for link in one["links"]] for one in data["items"]}


def _link(one: Any) -> Link:
    expires_at = datetime.fromisoformat(one["expires_at"])
    return Link(one["account"], one["channel"], one["url"], one["code"], expires_at)


def _taken(status: int, data: Any) -> EventTaken:
    started, sent, addresses = (
        tuple(data.get(name, ())) for name in ("started", "sent", "addresses")
    )
    return EventTaken(status == 200, started, sent, addresses, data)


def _contact(status: int, data: Any) -> Contact | None:
    return next((_changed(status, one) for one in data["items"]), None)


def _changed(_status: int, one: Any) -> Contact:
    return Contact(one["id"], one["customer"], one["name"], one)
