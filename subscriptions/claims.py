"""What a site says about a visitor: checked, bounded, cleaned; the same in a token and the API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from core.ids import CustomerId, SiteId, TopicId
from core.people import Json, OrderItem
from core.text import clean
from core.tokens import Claims, ConsentClaims, OrderClaims
from core.values import TooDeep, clean_json

_LONGEST_TEXT = 500
_LONGEST_WORDS = 4000
_MOST_ITEMS = 100
_MOST_TOPICS = 50
_KNOWN = frozenset({"sub", "name", "locale", "order", "page", "topics", "consent"})


class BadClaim(ValueError):
    """A claim has the wrong shape; the text names it and says what it must be."""

    code = "invalid_claim"


def read_claims(site: SiteId, token: str, claims: Mapping[str, Any]) -> Claims:
    """The claims of a visitor. Unknown ones are kept as attributes. Raises BadClaim."""
    customer = claims.get("sub")
    if customer is not None:
        customer = _identifier(claims, "sub", "sub")
    topics = claims.get("topics")
    if topics is None:
        topics = []
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise BadClaim("topics must be a list of topic ids")
    if len(topics) > _MOST_TOPICS:
        raise BadClaim(f"topics must be at most {_MOST_TOPICS}")
    attributes = {name: value for name, value in claims.items() if name not in _KNOWN}
    return Claims(
        site=site,
        token=token,
        customer=CustomerId(customer) if customer else None,
        name=_text(claims, "name", "name"),
        locale=_text(claims, "locale", "locale")[:35],
        order=_order(claims.get("order")),
        topics=tuple(TopicId(clean(topic)[:64]) for topic in dict.fromkeys(topics)),
        consent=_consent(claims.get("consent")),
        page=_object(claims.get("page"), "page"),
        attributes=_object(attributes, "the token"),
    )


def _order(value: Any) -> OrderClaims | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise BadClaim("order must be an object")
    if value.get("id") is None and value.get("number") is None:
        raise BadClaim("order.id is missing")
    items = value.get("items") or []
    if not isinstance(items, list) or len(items) > _MOST_ITEMS:
        raise BadClaim(f"order.items must be a list of at most {_MOST_ITEMS}")
    ref = _identifier(value, "id" if value.get("id") is not None else "number", "order.id")
    return OrderClaims(
        ref=ref,
        number=_text(value, "number", "order.number") or ref,
        status=_text(value, "status", "order.status"),
        total=_text(value, "total", "order.total"),
        currency=_text(value, "currency", "order.currency")[:16],
        url=web_url(_text(value, "url", "order.url"), "order.url"),
        items=tuple(_item(item, number) for number, item in enumerate(items)),
    )


def _item(value: Any, number: int) -> OrderItem:
    place = f"order.items[{number}]"
    if not isinstance(value, Mapping):
        raise BadClaim(f"{place} must be an object")
    quantity = value.get("quantity", 1)
    if isinstance(quantity, bool) or not isinstance(quantity, int | float):
        raise BadClaim(f"{place}.quantity must be a number")
    if not abs(quantity) <= 1e9:
        raise BadClaim(f"{place}.quantity is out of bounds")
    name = _text(value, "name", f"{place}.name")
    return OrderItem(name, quantity, _text(value, "price", f"{place}.price"))


def _consent(value: Any) -> ConsentClaims | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("text"), str):
        raise BadClaim("consent must be an object with the text that the visitor agreed to")
    words = clean(value["text"]).strip()
    if not words or len(words) > _LONGEST_WORDS:
        raise BadClaim(f"consent.text must have 1 to {_LONGEST_WORDS} characters")
    return ConsentClaims(words, _text(value, "at", "consent.at"), _text(value, "ip", "consent.ip"))


def web_url(url: str, place: str) -> str:
    """An http(s) URL, or "". Raises BadClaim."""
    if not url:
        return ""
    try:
        parsed = urlsplit(url)
    except ValueError as error:
        raise BadClaim(f"{place} is no URL") from error
    if parsed.scheme not in ("http", "https") or not parsed.netloc:
        raise BadClaim(f"{place} must begin with https:// or http://")
    return url


def _identifier(values: Mapping[str, Any], name: str, place: str) -> str:
    """Every PHP shop sends its ids as integers."""
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadClaim(f"{place} must be a text or an integer")
    text = clean(str(value)) if isinstance(value, str) else _integer(value, place)
    if not text.strip() or len(text) > 200:
        raise BadClaim(f"{place} must have 1 to 200 characters")
    return text


def _integer(value: int, place: str) -> str:
    if abs(value) >= 10**18:
        raise BadClaim(f"{place} is out of bounds")
    return str(value)


def _text(values: Mapping[str, Any], name: str, place: str) -> str:
    """Numbers are taken as they are written; nothing is ""."""
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadClaim(f"{place} must be a text")
    text = clean(value) if isinstance(value, str) else _number(value, place)
    if len(text) > _LONGEST_TEXT:
        raise BadClaim(f"{place} must have at most {_LONGEST_TEXT} characters")
    return text


def _number(value: float, place: str) -> str:
    if not abs(value) < 1e18:
        raise BadClaim(f"{place} is out of bounds")
    return str(value)


def _object(value: Any, place: str) -> Mapping[str, Json]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadClaim(f"{place} must be an object")
    try:
        cleaned: Mapping[str, Json] = clean_json(dict(value))
    except TooDeep as error:
        raise BadClaim(f"{place} is {error}") from error
    return cleaned
