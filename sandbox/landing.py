"""What a deep link opens: the phone, with the link's parameter."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import hdrs, web

from sandbox.double import About
from sandbox.settings import Settings


def open_phone(settings: Settings, about: About, start: str) -> web.Response:
    """Lead to the account's chat; "" is a link without a parameter."""
    query = {"bot": about.name, **({"start": start} if start else {})}
    location = f"{settings.prefix}/phone?{urlencode(query)}"
    return web.Response(status=302, headers={hdrs.LOCATION: location})


def nobody() -> web.Response:
    return web.Response(status=404, text="There is no bot with this name here.")
