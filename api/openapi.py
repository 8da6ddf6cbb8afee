"""/api/openapi.json, made from the table of routes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from api.routing import Route
from core.hooks import HookType

ERROR_TEXTS = {
    400: "The body is not JSON",
    401: "No key, or one that is not known",
    403: "The key may not do this",
    404: "There is no such thing",
    409: "It contradicts what is there",
    413: "The body is longer than 1 MiB",
    422: "A value is not what it must be; details tell which",
    429: "More calls in a minute than a key has; Retry-After tells when to go on",
    503: "Not now; send the same again",
}
_ALWAYS = (401, 403, 429, 503)


def openapi(
    routes: Sequence[Route],
    version: str,
    public_url: str,
    told: Mapping[HookType, type] | None = None,
) -> dict[str, Any]:
    """An OpenAPI 3.1 document of these routes. `told` are the events that sites' own servers get,
    by their type."""
    schemas: dict[str, Any] = {"Error": _error_schema()}
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley",
            "version": version,
            "description": "Subscriptions and dialogues in messengers.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "security": [{"key": []}],
        "paths": paths,
        "webhooks": {
            str(kind): _webhook(str(kind), shape, schemas) for kind, shape in (told or {}).items()
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    errors = {*_ALWAYS, *route.errors}
    if route.body is not None:
        errors |= {400, 413, 422}
    if route.query is not None:
        errors.add(422)
    responses: dict[str, Any] = {
        str(status): {
            "description": "Done",
            "content": _json(_schema(kind, schemas, "serialization"))
            if kind is not bytes
            else {route.media_type: {"schema": {"type": "string", "format": "binary"}}},
        }
        for status, kind in route.answers.items()
    }
    for status in sorted(errors):
        reference = {"$ref": "#/components/schemas/Error"}
        responses[str(status)] = {"description": ERROR_TEXTS[status], "content": _json(reference)}
    words = re.sub(r"[^a-z0-9]+", "_", route.path.lower())
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}_{words.strip('_')}",
        "summary": route.summary,
        "description": f"Scope: `{route.scope}`.",
        "tags": [route.tag],
        "parameters": _parameters(route, schemas),
        "responses": responses,
    }
    if route.body is not None:
        body = _json(_schema(route.body, schemas, "validation"))
        operation["requestBody"] = {"required": True, "content": body}
    return operation


_SIGNED = {
    "webhook-id": "The same at every try of one event",
    "webhook-timestamp": "When it was sent, in seconds since 1970",
    "webhook-signature": "v1, and the HMAC-SHA256 of id.timestamp.body in base64; two while the "
    "secret is changed",
}


def _webhook(kind: str, shape: type, schemas: dict[str, Any]) -> dict[str, Any]:
    """As Standard Webhooks has it: type, timestamp, data."""
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": _schema(shape, schemas, "serialization"),
        },
    }
    words = re.sub(r"[^a-z0-9]+", "_", kind)
    return {
        "post": {
            "operationId": f"webhook_{words}",
            "summary": f"A site is told of {kind}",
            "description": (shape.__doc__ or "").strip(),
            "tags": ["webhooks"],
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": about,
                    "schema": {"type": "string"},
                }
                for name, about in _SIGNED.items()
            ],
            "requestBody": {"required": True, "content": _json(body)},
            "responses": {"2XX": {"description": "It was taken"}},
        }
    }


def _parameters(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)", route.path)
    ]
    if route.query is not None:
        schema = TypeAdapter(route.query).json_schema(
            mode="validation", ref_template="#/components/schemas/{model}"
        )
        schemas.update(schema.pop("$defs", {}))
        required = schema.get("required", [])
        for name, kind in schema.get("properties", {}).items():
            parameters.append(
                {"name": name, "in": "query", "required": name in required, "schema": kind}
            )
    return parameters


def _schema(kind: Any, schemas: dict[str, Any], mode: Any) -> dict[str, Any]:
    schema = TypeAdapter(kind).json_schema(mode=mode, ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    return schema


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _error_schema() -> dict[str, Any]:
    inner = {
        "type": "object",
        "required": ["code", "message", "details"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "details": {"type": "array", "items": {"type": "object"}},
        },
    }
    return {"type": "object", "required": ["error"], "properties": {"error": inner}}
