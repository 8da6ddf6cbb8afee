"""GET /docs: the API's document as a page for people, made from /api/openapi.json's own text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

_HERE = Path(__file__).parent
_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 6
_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a body or a query; `name` of a nested one is a path such as `items[].url`."""

    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    about: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """`errors` are (status, what it means)."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[Answer, ...]
    errors: tuple[tuple[str, str], ...]


class ReadingPage:
    """The document does not change while the server runs: the page is made once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
        self._page = pages.get_template("docs.html").render(
            server=document["servers"][0]["url"],
            version=document["info"]["version"],
            chapters=chapters(document),
        )

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/docs", self.show), web.get("/docs/docs.css", self.style)]

    async def show(self, _request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        return web.Response(text=self._page, content_type="text/html", headers=headers)

    async def style(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(_HERE / "static" / "docs.css")


def chapters(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """Tag → its operations, both in the document's order."""
    schemas = document["components"]["schemas"]
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                told = methods[method]
                found.setdefault(told["tags"][0], []).append(
                    _operation(method, path, told, schemas)
                )
    return found


def _operation(
    method: str, path: str, told: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Operation:
    body = told.get("requestBody", {}).get("content", {})
    answers = {code: one for code, one in told["responses"].items() if code < "400"}
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"].replace("`", ""),
        about=told["description"].replace("`", ""),
        parameters=tuple(
            Field(
                one["name"], _kind(one["schema"], schemas), one["required"], _about(one["schema"])
            )
            for one in told["parameters"]
        ),
        body=tuple(_fields(_of_content(body), schemas)),
        answers=tuple(
            Answer(
                code,
                one["description"],
                tuple(_fields(_of_content(one.get("content", {})), schemas)),
            )
            for code, one in answers.items()
        ),
        errors=tuple(
            (code, one["description"]) for code, one in told["responses"].items() if code >= "400"
        ),
    )


def _of_content(content: Mapping[str, Any]) -> Mapping[str, Any]:
    for told in content.values():
        schema: Mapping[str, Any] = told["schema"]
        return schema
    return {}


def _fields(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], prefix: str = "", depth: int = 0
) -> Iterator[Field]:
    """Every value in it, an object's before those within; a schema within itself ends."""
    schema = _followed(schema, schemas)
    if depth > _DEEPEST:
        return
    if schema.get("type") == "array":
        yield from _fields(schema["items"], schemas, f"{prefix}[]", depth + 1)
        return
    required: Sequence[str] = schema.get("required", ())
    for name, told in schema.get("properties", {}).items():
        place = f"{prefix}.{name}" if prefix else name
        inner = _followed(told, schemas)
        about = _about(told) or _about(inner)
        yield Field(place, _kind(inner, schemas), name in required, about)
        yield from _fields(inner, schemas, place, depth + 1)


def _followed(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """What it stands for: a reference's target; of a value that may be null, the value."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
            continue
        real = [one for one in schema["anyOf"] if one.get("type") != "null"]
        if len(real) != 1:
            break
        schema = {**real[0], "nullable": True}
    return schema


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> str:
    schema = _followed(schema, schemas or {})
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one, schemas) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("format") or schema.get("type", "any")
    if kind == "array":
        kind = f"list of {_kind(schema['items'], schemas)}"
    return f"{kind} or null" if schema.get("nullable") else str(kind)


def _about(schema: Mapping[str, Any]) -> str:
    limits = {
        "maxLength": "at most {} characters",
        "minimum": "from {}",
        "maximum": "to {}",
        "maxItems": "at most {} of them",
        "default": "{} where it is not given",
    }
    told = [str(schema["description"])] if schema.get("description") else []
    told += [
        text.format(schema[name])
        for name, text in limits.items()
        if schema.get(name) not in (None, "", [], {})
    ]
    return "; ".join(told)
