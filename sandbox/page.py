"""Pages of the sandbox: templates, their words, and the headers that keep them safe."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from sandbox.rendering import render_text
from sandbox.samples import STATIC
from sandbox.settings import Settings
from sandbox.view import Bubble
from sandbox.words import COOKIE, LANGUAGES, WORDS, language_of

# No form-action: the shop's form is posted to another server, which leads on to a messenger, and
# browsers hold the whole chain against it.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Shown pages may change while the sandbox runs from a checkout; browsers ask each time.
_STATIC_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
_KINDS: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Pages:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "pages"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters["rendered"] = _rendered
        self._templates.filters["moment"] = _moment
        self._assets = {path.name: path for path in STATIC.iterdir() if path.suffix in _KINDS}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/static/{name}", self.static)]

    async def static(self, request: web.Request) -> web.StreamResponse:
        path = self._assets.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        headers = {**_STATIC_HEADERS, "Content-Type": _KINDS[path.suffix]}
        return web.FileResponse(path, headers=headers)

    def fragment(self, name: str, language: str, **values: Any) -> str:
        """A template with its words."""
        return self._templates.get_template(name).render(
            words=WORDS[language],
            language=language,
            other=next(each for each in LANGUAGES if each != language),
            prefix=self._settings.prefix,
            **values,
        )

    def page(
        self, request: web.Request, name: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """A whole page; remembers the language that `?lang=` chose."""
        language = language_of(request)
        query = {key: value for key, value in request.query.items() if key != "lang"}
        text = self.fragment(name, language, here=request.path, query=query, **values)
        response = web.Response(
            text=text, status=status, content_type="text/html", headers=_HEADERS
        )
        if request.query.get("lang") in LANGUAGES:
            self.remember(response, COOKIE, language)
        return response

    def remember(self, response: web.StreamResponse, name: str, value: str) -> None:
        """Set a cookie of the sandbox, for its own paths, for a year."""
        response.set_cookie(
            name,
            value,
            path=self._settings.prefix or "/",
            httponly=True,
            samesite="Lax",
            max_age=365 * 86_400,
        )


def _rendered(bubble: Bubble) -> Markup:
    return render_text(bubble.text, bubble.spans)


def _moment(seconds: float) -> str:
    """ISO 8601 in UTC; the page's script shows it in the browser's own zone."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
