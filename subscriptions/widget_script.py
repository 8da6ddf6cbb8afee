"""The widget itself: one file that a shop's page loads."""

import gzip
import hashlib
from pathlib import Path

from aiohttp import web

_FILE = Path(__file__).parent / "static" / "widget.js"


class Script:
    """Read once, packed once."""

    def __init__(self) -> None:
        source = _FILE.read_bytes()
        self._plain = source
        self._packed = gzip.compress(source, 9, mtime=0)
        self._headers = {
            "ETag": f'"{hashlib.sha256(source).hexdigest()[:32]}"',
            "Cache-Control": "public, max-age=300",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": "*",
            "Vary": "Accept-Encoding",
        }

    async def serve(self, request: web.Request) -> web.Response:
        headers = dict(self._headers)
        if request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        body = self._plain
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = self._packed, "gzip"
        return web.Response(
            body=body, content_type="text/javascript", charset="utf-8", headers=headers
        )
