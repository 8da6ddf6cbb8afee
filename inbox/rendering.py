"""From templates to answers: escaping, languages, and the headers of a page that trusts nobody."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import jinja2
from aiohttp import web
from jinja2.utils import urlize
from markupsafe import Markup, escape

from inbox.catalogues import LANGUAGES
from inbox.installing import SERVICE_WORKER, Installing
from inbox.language import COOKIE, ago, day, decimal, exact, language_of, sayer
from inbox.sections import sections_of

_HERE = Path(__file__).parent
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_BINARY = (".png",)
_CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # A blob can only be of this page's own script: the small preview of a chosen picture.
        "img-src 'self' blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": _CSP,
}
_YEAR = 365 * 24 * 3600


class Problem(Exception):
    """A page that says what is wrong: `name` and `name_title` are phrases."""

    def __init__(self, status: int, name: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(name)
        self.status = status
        self.name = name
        self.headers = headers or {}


class Refused(Exception):
    """What a form asks for is not done; `phrase` with its `values` says why, and what to do."""

    def __init__(
        self, phrase: str, status: int, headers: Mapping[str, str] | None = None, **values: object
    ) -> None:
        super().__init__(phrase)
        self.phrase = phrase
        self.status = status
        self.headers = headers or {}
        self.values = values


class Rendering:
    def __init__(self, clock: Callable[[], datetime], *, is_secure: bool) -> None:
        self._clock = clock
        self._is_secure = is_secure
        found = sorted((_HERE / "static").iterdir())
        self._files = {path.name: path.read_bytes() for path in found if path.suffix in _TYPES}
        self._version = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["linked"] = _linked
        self._templates.globals["static"] = self.static_url
        self._templates.globals["sections"] = sections_of

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/static/inbox/{version}/{name}", self._serve),
            *Installing(self.static_url, self._files[SERVICE_WORKER]).routes(),
        ]

    def page(
        self,
        request: web.Request,
        name: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> web.Response:
        """A whole page in the reader's language."""
        language = language_of(request)
        shown = {"here": _here(request), "languages": LANGUAGES, **values}
        response = web.Response(
            text=self.fragment(name, language, **shown),
            status=status,
            content_type="text/html",
            headers={**_HEADERS, "Content-Language": language, **(headers or {})},
        )
        if request.query.get("lang") in LANGUAGES:
            response.set_cookie(
                COOKIE, language, max_age=_YEAR, samesite="Lax", secure=self._is_secure
            )
        return response

    def problem(self, request: web.Request, problem: Problem) -> web.Response:
        """To our script in one sentence, to a person as a page with a way on."""
        say = sayer(language_of(request))
        if wants_json(request):
            return answer({"error": say(problem.name)}, problem.status, problem.headers)
        return self.page(
            request,
            "problem.html",
            problem.status,
            problem.headers,
            title=say(f"{problem.name}_title"),
            text=say(problem.name),
            back="",
        )

    def refusal(self, request: web.Request, refused: Refused) -> web.Response:
        """To our script in one sentence, to a person without it as a page with the way back."""
        say = sayer(language_of(request))
        words = say(refused.phrase, **refused.values)
        if wants_json(request):
            return answer({"error": words}, refused.status, refused.headers)
        back = request.path.rpartition("/")[0] or "/"
        return self.page(
            request,
            "problem.html",
            refused.status,
            refused.headers,
            title=say("refused_title"),
            text=words,
            back=back,
        )

    def fragment(self, name: str, language: str, **values: object) -> str:
        now, say = self._clock(), sayer(language)

        def exactly(at: datetime) -> str:
            return exact(at, language)

        def time(at: datetime, look: str = "") -> Markup:
            """`look` "since": how long something lasts, which is never "now"; "when" and "until":
            the time itself, in the reader's zone once our script runs."""
            words = exactly(at) if look in ("when", "until") else ago(at, now, language)
            if look == "since" and words == say("now"):
                words = say("a_moment")
            return Markup(  # noqa: S704 - what is not ours is escaped.
                f'<time class="{look}" datetime="{at.isoformat()}" '
                f'title="{escape(exactly(at))}">{escape(words)}</time>'
            )

        return self._templates.get_template(name).render(
            t=say,
            language=language,
            time=time,
            exact=exactly,
            is_ahead=lambda at: at is not None and at > now,
            day=lambda at: day(at, now, language),
            number=lambda value: decimal(value, language),
            **values,
        )

    def static_url(self, name: str) -> str:
        # In the path, not the query: so a module that imports another gets the same version.
        return f"/static/inbox/{self._version}/{name}"

    async def _serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        is_current = request.match_info["version"] == self._version
        caching = f"public, max-age={_YEAR}, immutable" if is_current else "no-cache"
        return web.Response(
            body=self._files[name],
            content_type=_TYPES[Path(name).suffix],
            charset=None if Path(name).suffix in _BINARY else "utf-8",
            headers={"Cache-Control": caching},
        )


def _linked(text: str) -> Markup:
    """Escaped, with its addresses as links that tell nobody where they were clicked."""
    if not _MAY_HAVE_LINKS.search(text):
        return escape(text)  # Most messages: looking at each word costs more than all the rest.
    html = urlize(text, target="_blank", rel="noopener noreferrer nofollow")
    return Markup(html)  # noqa: S704 - it escapes.


_MAY_HAVE_LINKS = re.compile(r"\S[.@:/]\S")


def _here(request: web.Request) -> str:
    """This page's own address, ready for one more value of its query."""
    query = {name: value for name, value in request.query.items() if name != "lang"}
    # A page that answers a form stands for the page that had the form.
    path = request.path if request.method == "GET" else request.path.rpartition("/")[0]
    return f"{path}?{urlencode(query)}&" if query else f"{path}?"


def wants_json(request: web.Request) -> bool:
    """Whether our own script asks; a form's answer is a page."""
    return "application/json" in request.headers.get("Accept", "")


def answer(
    data: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        text=json.dumps(data),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
