"""What holds for every request: headers, errors as JSON or as a page, never a traceback."""

import html
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from api.admission import RATE
from api.errors import ApiError, busy
from storage.errors import Contended, Unavailable

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_WORDS = {
    404: "There is no such page.",
    405: "This page is not called that way.",
    413: "That is more than this server takes at once (1 MiB).",
    500: "Something went wrong on our side. It is in the log; try again in a moment.",
    503: "The server cannot do this right now. Try again in a moment.",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors as their caller can read them, and set the headers of a careful server."""
    try:
        response = await handler(request)
    except ApiError as error:
        response = error.response()
    except (Unavailable, Contended):
        response = _error(request, busy())
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _error(request, _of_http(error))
    except Exception:
        log.exception("request failed", extra={"route": _route(request)})
        response = _error(request, ApiError(500, "internal", _WORDS[500]))
    if not response.prepared:
        for name, value in {**_HEADERS, **request.get(RATE, {})}.items():
            response.headers.setdefault(name, value)
    return response


def _of_http(error: web.HTTPException) -> ApiError:
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    message = _WORDS.get(error.status, error.reason)
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return ApiError(error.status, codes.get(error.status, "refused"), message, headers=headers)


def _error(request: web.Request, error: ApiError) -> web.Response:
    """JSON for programs, a small page for people."""
    if "text/html" not in request.headers.get("Accept", ""):
        return error.response()
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{error.status}</title><main><h1>{error.status}</h1>"
        f'<p>{html.escape(error.message)}</p><p><a href="/">Back to the start</a></p></main></html>'
    )
    return web.Response(
        text=page, status=error.status, content_type="text/html", headers=error.headers
    )


def _route(request: web.Request) -> str:
    """The pattern, never the path: a path may hold a token."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource else 'unknown'}"
