"""What all pages for visitors have in common: how they are drawn, and what browsers may do."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from aiohttp import web

_HERE = Path(__file__).parent
PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}


def environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def policy(goals: Iterable[str] = ()) -> str:
    """`goals`: where the answer to a form may lead; a browser asks about that, too."""
    allowed = " ".join(["'self'", *sorted({_origin(url) for url in goals})])
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"form-action {allowed}; frame-ancestors 'none'"
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    is_web = parts.scheme in ("http", "https")
    return f"{parts.scheme}://{parts.netloc}" if is_web else f"{parts.scheme}:"


async def style(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_HERE / "static" / "landing.css")


async def read_form(request: web.Request) -> dict[str, str]:
    """Its texts, the first of each name; nothing where it is no form."""
    try:
        form = await request.post()
    except ValueError:  # A multipart body without a boundary, say.
        return {}
    fields = ((name, form.getone(name)) for name in form)
    return {name: value for name, value in fields if isinstance(value, str)}
