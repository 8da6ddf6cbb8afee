"""The table of routes: what is served and what is documented are the same lines."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from api.admission import Admission
from api.errors import ApiError, busy
from api.keys import Scope
from storage.errors import BadData, Contended, Unavailable
from storage.keys import ApiKey


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated, checked request. `query` and `body` are of the route's own types."""

    key: ApiKey
    path: Mapping[str, str]
    query: Any
    body: Any
    now: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """`data` is a dataclass of the route's answers, or what JSON can hold."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """`answers` maps each good status to the type of its body; errors are the same for all."""

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Reply]]
    summary: str
    scope: Scope
    tag: str
    answers: Mapping[int, Any]
    query: type | None = None
    body: type | None = None
    errors: Sequence[int] = ()
    media_type: str = "application/json"
    """Another one: then the reply's data are its bytes."""


request_body = with_config(ConfigDict(extra="forbid"))
"""Decorates the dataclass of a body or query: a key that is not in it is an error."""


class Api:
    """Serves a table of routes to whoever is admitted."""

    def __init__(
        self, routes: Sequence[Route], admission: Admission, clock: Callable[[], datetime]
    ) -> None:
        self.table = tuple(routes)
        self._admission = admission
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [web.route(route.method, route.path, self._handler(route)) for route in self.table]

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        body: TypeAdapter[Any] | None = _adapter(route.body)
        query: TypeAdapter[Any] | None = _adapter(route.query)

        async def handle(request: web.Request) -> web.StreamResponse:
            key = await self._admission.admit(request, route.scope)
            call = Call(
                key=key,
                path=dict(request.match_info),
                query=_validate(query, dict(request.query)) if query else None,
                body=_validate(body, await _json(request)) if body else None,
                now=self._clock(),
            )
            try:
                reply = await route.handler(call)
            except (Unavailable, Contended) as error:
                raise busy() from error
            except BadData as error:
                raise ApiError(422, "invalid", "a value cannot be stored") from error
            headers = {"Cache-Control": "no-store", **reply.headers}
            if isinstance(reply.data, bytes):
                kind = route.media_type
                return web.Response(body=reply.data, content_type=kind, headers=headers)
            return web.json_response(reply.data, status=reply.status, dumps=_dump, headers=headers)

        return handle


def _adapter(kind: type | None) -> TypeAdapter[Any] | None:
    return TypeAdapter(kind) if kind else None


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "not_json", "the body is not JSON") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _validate(adapter: TypeAdapter[Any], value: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        details = [
            {"place": ".".join(map(str, item["loc"])), "message": item["msg"]}
            for item in error.errors(include_url=False, include_input=False)
        ]
        first = details[0]
        message = f"{first['place']}: {first['message']}" if first["place"] else first["message"]
        raise ApiError(422, "invalid", message, details) from error


_SERIALIZERS: dict[type, TypeAdapter[Any]] = {}


def _dump(data: Any) -> str:
    kind = type(data)
    if kind not in _SERIALIZERS:
        # Made for the very type: an adapter of Any does not look at the aliases of its fields.
        _SERIALIZERS[kind] = TypeAdapter(kind)
    return _SERIALIZERS[kind].dump_json(data, by_alias=True).decode()
