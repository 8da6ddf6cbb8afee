"""Whose pages may call us from a browser: a site's own, and nobody else's."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from api.errors import ApiError, busy, not_found
from core.ids import SiteId
from core.sites import Site
from storage.errors import Contended, Unavailable

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
}
Answering = Callable[[web.Request, Site, dict[str, str]], Awaitable[web.StreamResponse]]
"""Gets the site, and the headers without which the page may not read the answer."""


class Origins:
    """`own` is the origin under which visitors reach this server itself."""

    def __init__(self, sites: Mapping[SiteId, Site], own: str) -> None:
        self._sites = sites
        self._own = own

    def guarded(self, answer: Answering) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Let through what a page of the site asks; its errors too can be read there."""

        async def handle(request: web.Request) -> web.StreamResponse:
            site, headers = self._admit(request)
            try:
                response = await answer(request, site, headers)
            except ApiError as error:
                response = error.response()
            except (Unavailable, Contended):
                response = busy().response()
            if not response.prepared:
                response.headers.update(headers)
            return response

        return handle

    async def preflight(self, request: web.Request) -> web.Response:
        _, headers = self._admit(request)
        return web.Response(status=204, headers={**headers, **_PREFLIGHT})

    def _admit(self, request: web.Request) -> tuple[Site, dict[str, str]]:
        site = self._sites.get(SiteId(request.match_info["site"]))
        if site is None:
            raise not_found("site")
        origin = request.headers.get("Origin", "")
        if not origin and request.headers.get("Sec-Fetch-Site") == "same-origin":
            # A browser names no origin where a page reads from its own server.
            origin = self._own
        if not origin or origin not in site.origins:
            message = f"this page is of none of the origins of the site {site.id!r}"
            raise ApiError(403, "foreign_origin", message, headers={"Vary": "Origin"})
        return site, {
            "Access-Control-Allow-Origin": origin,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Vary": "Origin",
        }
