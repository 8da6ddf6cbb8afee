"""What the widget sends: its shape, and no more of it than is sensible."""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import Field, TypeAdapter, ValidationError

from api.errors import ApiError
from api.routing import request_body

T = TypeVar("T")
_MOST_BYTES = 64 * 1024
_Id = Annotated[str, Field(max_length=64)]
_Words = Annotated[str, Field(max_length=8000)]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The topics that the button itself took, and the line that stood beside it."""

    topics: Annotated[list[_Id], Field(max_length=50)] = field(default_factory=list)
    words: _Words = ""


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    topic: _Id
    words: _Words


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`qr`: the code is drawn for a phone's camera too."""

    account: _Id
    page: Annotated[str, Field(max_length=8000)]
    language: Annotated[str, Field(max_length=35)]
    token: Annotated[str, Field(max_length=16_000)] | None = None
    service: Service = field(default_factory=Service)
    ticked: Annotated[list[Ticked], Field(max_length=50)] = field(default_factory=list)
    qr: bool = False


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    page: Annotated[str, Field(max_length=8000)]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    token: Annotated[str, Field(max_length=16_000)]


_ADAPTERS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (Asked, Shown, Returning)
}


async def read_body(request: web.Request, kind: type[T]) -> T:
    """The body, whatever type it says it has: as text it comes without asking first.

    Raises ApiError.
    """
    length = request.content_length
    if length is None or length > _MOST_BYTES:
        raise ApiError(413, "too_large", f"the body must have at most {_MOST_BYTES} bytes")
    try:
        body: T = _ADAPTERS[kind].validate_json(await request.read())
    except ValidationError as error:
        details = [
            {"place": ".".join(map(str, item["loc"])), "message": item["msg"]}
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise ApiError(422, "invalid", "the body is not as it must be", details) from error
    return body
