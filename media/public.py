"""Files of ours at public URLs, for messengers that fetch instead of being given."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import jwt
from aiohttp import web

from core.content import ref_of
from media.answering import headers_of
from media.kinds import extension_of
from media.library import Library
from media.store import StoreFailed
from storage.files import StoredFile

_AUDIENCE = "parley:media"
LIFE = timedelta(days=8)
"""At least a week, since it ends with a day: a messenger may fetch when the person looks."""


class PublicFiles:
    """GET and HEAD /media/{token}/{name}: whoever has the signed token may read that one file."""

    def __init__(
        self, library: Library, secret: str, public_url: str, clock: Callable[[], datetime]
    ) -> None:
        self._library = library
        self._secret = secret
        self._base = public_url.rstrip("/")
        self._clock = clock

    def url(self, file: StoredFile, name: str) -> str:
        """Where a messenger finds it for a week."""
        # By whole days: the same file has the same URL all day, in however many messages.
        expires = (self._clock() + LIFE).replace(hour=0, minute=0, second=0, microsecond=0)
        claims = {"aud": _AUDIENCE, "sub": file.digest, "exp": int(expires.timestamp())}
        token = jwt.encode(claims, self._secret, algorithm="HS256")
        extension = extension_of(file.mime)
        plain = quote(name or (f"file.{extension}" if extension else "file"), safe="")
        return f"{self._base}/media/{token}/{plain}"

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/media/{token}/{name}", self.give)]

    async def give(self, request: web.Request) -> web.StreamResponse:
        """404 for whatever is not a file that we offered, without saying why."""
        digest = self._digest(request.match_info["token"])
        file = await self._library.find(ref_of(digest)) if digest else None
        if file is None:
            return web.Response(status=404, text="there is no such file")
        response = web.StreamResponse(headers=headers_of(file, request.match_info["name"]))
        response.content_length = file.size
        if request.method == "HEAD":
            await response.prepare(request)
            return response
        try:
            chunks = await self._library.open(file)
        except StoreFailed:
            return web.Response(status=503, text="come back soon", headers={"Retry-After": "30"})
        await response.prepare(request)
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
        return response

    def _digest(self, token: str) -> str:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub"], "verify_exp": False},
            )
        except jwt.InvalidTokenError:
            return ""
        is_fresh = int(claims["exp"]) > self._clock().timestamp()
        return str(claims["sub"]) if is_fresh else ""
