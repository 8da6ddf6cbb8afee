"""What makes the inbox an app of its own on a phone or desktop: a manifest and a service worker.

The worker shows notifications and nothing else: it keeps no page, so what is private stays where
it was. Both are fetched without cookies and tell nothing that is private.
"""

import json
from collections.abc import Callable

from aiohttp import web

from inbox.catalogues import LANGUAGES
from inbox.language import sayer

SERVICE_WORKER = "service-worker.js"
# As the page's own colours: --panel and --page of inbox.css.
THEME, BACKGROUND = "#ffffff", "#f6f7f9"
_ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-192.png", "192x192", "maskable"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)
_WORKER_CSP = "default-src 'none'; connect-src 'self'"


class Installing:
    def __init__(self, static_url: Callable[[str], str], worker: bytes) -> None:
        """`worker` is the service worker's script."""
        self._static_url = static_url
        pictures = {
            "ICON_URL": static_url("icon-192.png"),
            "BADGE_URL": static_url("badge-96.png"),
        }
        script = worker.decode()
        for name, url in pictures.items():
            script = script.replace(name, url)
        self._worker = script

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/manifest/{language}.webmanifest", self.manifest),
            # At the root: a worker may only look after what lies below it.
            web.get(f"/{SERVICE_WORKER}", self.worker),
        ]

    async def manifest(self, request: web.Request) -> web.Response:
        language = request.match_info["language"]
        if language not in LANGUAGES:
            raise web.HTTPNotFound
        return web.Response(
            text=json.dumps(self._manifest(language), ensure_ascii=False),
            content_type="application/manifest+json",
            headers={"Cache-Control": "no-cache"},
        )

    async def worker(self, _request: web.Request) -> web.Response:
        return web.Response(
            text=self._worker,
            content_type="text/javascript",
            headers={"Cache-Control": "no-cache", "Content-Security-Policy": _WORKER_CSP},
        )

    def _manifest(self, language: str) -> dict[str, object]:
        say = sayer(language)
        icons = [
            {"src": self._static_url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in _ICONS
        ]
        return {
            "id": "/inbox",
            "name": f"Parley · {say('inbox')}",
            "short_name": "Parley",
            "description": say("app_description"),
            "lang": language,
            "dir": "ltr",
            "start_url": "/inbox",
            "scope": "/",
            "display": "standalone",
            "theme_color": THEME,
            "background_color": BACKGROUND,
            "icons": icons,
            "shortcuts": [
                {"name": say("mine"), "url": "/inbox?state=open&assignee=me"},
                {"name": say("unassigned"), "url": "/inbox?state=open&assignee=none"},
            ],
        }
