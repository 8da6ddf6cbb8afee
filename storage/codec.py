"""Core values as JSON for columns, and back. Compact, since a message is the commonest row."""

from collections.abc import Mapping
from typing import Any, assert_never

from core.content import (
    AskContactButton,
    AskLocationButton,
    Attachment,
    Button,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    PressButton,
    Span,
    SpanKind,
    UrlButton,
)
from core.people import OrderItem
from core.tokens import Claims, ConsentClaims, OrderClaims


def dump_content(content: Content) -> dict[str, Any]:
    """Only what is there: {"t": text, "s": spans, "a": attachments, "b": buttons, "k": true}."""
    data: dict[str, Any] = {"t": content.text}
    if content.spans:
        data["s"] = [[span.kind, span.offset, span.length, span.url] for span in content.spans]
    if content.attachments:
        data["a"] = [_dump_attachment(attachment) for attachment in content.attachments]
    if content.buttons:
        data["b"] = [_dump_button(button) for button in content.buttons]
    if content.clears_keyboard:
        data["k"] = True
    return data


def load_content(data: Mapping[str, Any]) -> Content:
    return Content(
        text=data["t"],
        spans=tuple(
            Span(SpanKind(kind), offset, length, url)
            for kind, offset, length, url in data.get("s", ())
        ),
        attachments=tuple(_load_attachment(*item) for item in data.get("a", ())),
        buttons=tuple(_load_button(*item) for item in data.get("b", ())),
        clears_keyboard=data.get("k", False),
    )


def _dump_attachment(attachment: Attachment) -> list[Any]:
    match attachment:
        case Media(kind, ref, name, mime, size):
            return ["media", kind, ref, name, mime, size]
        case Location(latitude, longitude):
            return ["location", latitude, longitude]
        case ContactCard(phone, name, own):
            return ["contact", phone, name, own]
        case _:
            assert_never(attachment)


def _load_attachment(tag: str, *values: Any) -> Attachment:
    if tag == "media":
        kind, ref, name, mime, size = values
        return Media(MediaKind(kind), ref, name, mime, size)
    if tag == "location":
        return Location(*values)
    return ContactCard(*values)


def _dump_button(button: Button) -> list[str]:
    match button:
        case PressButton(label, value):
            return ["press", label, value]
        case UrlButton(label, url):
            return ["url", label, url]
        case AskContactButton(label):
            return ["contact", label]
        case AskLocationButton(label):
            return ["location", label]
        case _:
            assert_never(button)


def _load_button(tag: str, *values: str) -> Button:
    if tag == "press":
        return PressButton(*values)
    if tag == "url":
        return UrlButton(*values)
    if tag == "contact":
        return AskContactButton(*values)
    return AskLocationButton(*values)


def dump_items(items: tuple[OrderItem, ...]) -> list[list[Any]]:
    return [[item.name, item.quantity, item.price] for item in items]


def load_items(data: list[list[Any]]) -> tuple[OrderItem, ...]:
    return tuple(OrderItem(*item) for item in data)


def dump_claims(claims: Claims) -> dict[str, Any]:
    order, consent = claims.order, claims.consent
    return {
        "customer": claims.customer,
        "name": claims.name,
        "locale": claims.locale,
        "order": order and _dump_order(order),
        "topics": list(claims.topics),
        "consent": consent and [consent.text, consent.at, consent.ip],
        "page": dict(claims.page),
        "attributes": dict(claims.attributes),
        "agreed": None if claims.agreed is None else dict(claims.agreed),
        "flow": claims.flow,
    }


def load_claims(site: str, token: str, data: Mapping[str, Any]) -> Claims:
    order, consent = data["order"], data["consent"]
    return Claims(
        site=site,  # type: ignore[arg-type]  # NewTypes are plain strings in the database.
        token=token,
        customer=data["customer"],
        name=data["name"],
        locale=data["locale"],
        order=_load_order(*order) if order else None,
        topics=tuple(data["topics"]),
        consent=ConsentClaims(*consent) if consent else None,
        page=data["page"],
        attributes=data["attributes"],
        agreed=data.get("agreed"),
        flow=data.get("flow"),
    )


def _dump_order(order: OrderClaims) -> list[Any]:
    return [
        order.ref,
        order.number,
        order.status,
        order.total,
        order.currency,
        order.url,
        dump_items(order.items),
    ]


def _load_order(*values: Any) -> OrderClaims:
    *texts, items = values
    ref, number, status, total, currency, url = texts
    return OrderClaims(ref, number, status, total, currency, url, load_items(items))
