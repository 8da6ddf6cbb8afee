"""What a shop may tell of a person by the API: checked once, for events and for PATCH."""

from dataclasses import dataclass, field
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from api.errors import ApiError
from api.routing import request_body
from core.inbound import ContactTold
from core.people import LONGEST_TAG
from core.text import clean
from core.values import TooDeep, clean_json
from dialogues.shop_events import MOST_ATTRIBUTES

Locale = Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,8}([-_]\w{1,8})*)?$")]
Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    add: Annotated[list[Tag], Field(max_length=50)] = field(default_factory=list)
    remove: Annotated[list[Tag], Field(max_length=50)] = field(default_factory=list)


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """What is left out stays as it is. An attribute that is null goes away. `locale` such as ru or
    pt-BR, `timezone` such as Europe/Moscow; "" forgets either."""

    name: Annotated[str, Field(max_length=500)] | None = None
    locale: Locale | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = None
    attributes: Annotated[dict[str, Any], Field(max_length=MOST_ATTRIBUTES)] = field(
        default_factory=dict
    )
    tags: TagChange = field(default_factory=TagChange)


def read_change(body: ContactChange, place: str = "") -> ContactTold:
    """As an event. `place` is where it stands in the body. Raises ApiError 422."""
    prefix = f"{place}." if place else ""
    if body.timezone and not _is_zone(body.timezone):
        message = f"{body.timezone!r} is no time zone; write Europe/Moscow"
        raise _wrong(f"{prefix}timezone", message)
    if any(not 0 < len(name) <= 120 for name in body.attributes):
        raise _wrong(f"{prefix}attributes", "a name has 1 to 120 characters")
    try:
        attributes = clean_json(body.attributes)
    except TooDeep as error:
        raise _wrong(f"{prefix}attributes", str(error)) from error
    return ContactTold(
        name=None if body.name is None else clean(body.name).strip(),
        locale=body.locale,
        timezone=body.timezone,
        attributes=attributes,
        tags_on=_tags(body.tags.add),
        tags_off=_tags(body.tags.remove),
    )


def _tags(tags: list[str]) -> frozenset[str]:
    return frozenset(tag for one in tags if (tag := clean(one).strip()))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _wrong(place: str, message: str) -> ApiError:
    return ApiError(422, "invalid", f"{place}: {message}", [{"place": place, "message": message}])
