"""Who the visitor is and what they ordered, as a site token and a link say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Amount = str | int | Decimal
"""Money as shops keep it. No float: 0.1 + 0.2 is not what a customer should read."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order."""

    name: str
    quantity: int | float = 1
    price: Amount = ""

    def as_json(self) -> dict[str, Any]:
        """As the server reads it."""
        return {"name": self.name, "quantity": self.quantity, "price": str(self.price)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`id` is your own id of the order, `number` what the customer knows it by."""

    id: str | int
    number: str | int = ""
    status: str = ""
    total: Amount = ""
    currency: str = ""
    url: str = ""
    items: Sequence[Item] = ()

    def as_json(self) -> dict[str, Any]:
        """As the server reads it; without what is empty, which the server then leaves as it is."""
        whole = {
            "id": str(self.id),
            "number": str(self.number),
            "status": self.status,
            "total": str(self.total),
            "currency": self.currency,
            "url": self.url,
            "items": [item.as_json() for item in self.items],
        }
        return {name: value for name, value in whole.items() if value not in ("", [])}


@dataclass(frozen=True, slots=True)
class Consent:
    """The words that the visitor agreed to, when, and from which address."""

    text: str
    at: datetime
    ip: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the server reads it."""
        if self.at.tzinfo is None:
            raise ValueError("consent.at needs a time zone, such as datetime.now(UTC)")
        at = self.at.astimezone(UTC).isoformat(timespec="seconds")
        return {"text": self.text, "at": at, "ip": self.ip}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """All of it may be left out: an empty token is an honest "somebody of our site".

    `topics` None stands for the site's default topics; a marketing topic needs `consent`.
    `page` is where they were ({"url", "title", "utm_source", …}); `extra` is kept with the contact.
    """

    customer: str | int | None = None
    name: str = ""
    locale: str = ""
    order: Order | None = None
    topics: Sequence[str] | None = None
    consent: Consent | None = None
    page: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As a token and `POST /api/v1/links` carry it."""
        whole: dict[str, Any] = {
            **self.extra,
            "sub": None if self.customer is None else str(self.customer),
            "name": self.name or None,
            "locale": self.locale or None,
            "order": self.order.as_json() if self.order else None,
            "topics": None if self.topics is None else list(self.topics),
            "consent": self.consent.as_json() if self.consent else None,
            "page": dict(self.page) or None,
        }
        return {name: value for name, value in whole.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Button:
    """Opens a page. `label` by language."""

    label: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Said at once at each address that is subscribed to `topic`, a service topic.

    `text` by language, such as {"en": "Your parcel waits", "ru": "Посылка ждёт вас"}.
    """

    topic: str
    text: Mapping[str, str]
    buttons: Sequence[Button] = ()

    def as_json(self) -> dict[str, Any]:
        """As the server reads it."""
        buttons = [{"label": dict(one.label), "url": one.url} for one in self.buttons]
        return {"topic": self.topic, "text": dict(self.text), "buttons": buttons}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the shop knows of a person now; what is left out stays.

    An attribute of None is taken away.
    """

    name: str | None = None
    locale: str | None = None
    timezone: str | None = None
    attributes: Mapping[str, Any] | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """As the server reads it."""
        tags = {"add": list(self.add_tags), "remove": list(self.remove_tags)}
        whole = {
            "name": self.name,
            "locale": self.locale,
            "timezone": self.timezone,
            "attributes": None if self.attributes is None else dict(self.attributes),
            "tags": tags if self.add_tags or self.remove_tags else None,
        }
        return {name: value for name, value in whole.items() if value is not None}
