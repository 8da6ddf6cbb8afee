"""Fetches what a bot sends by its address."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import aiohttp

from sandbox.bodies import Upload

_FETCH_SECONDS = 20


class CannotFetch(Exception):
    """There is no such file at the address, or it is too large."""


async def fetch(http: aiohttp.ClientSession, url: str, *, most: int) -> Upload:
    """The file at `url`, at most so many bytes. Raises CannotFetch."""
    content = bytearray()
    timeout = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
    try:
        async with http.get(url, timeout=timeout) as response:
            if response.status != 200:
                raise CannotFetch
            async for chunk in response.content.iter_chunked(64 * 1024):
                content += chunk
                if len(content) > most:
                    raise CannotFetch
            mime = response.content_type
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise CannotFetch from None
    name = PurePosixPath(unquote(urlsplit(url).path)).name or "file"
    return Upload(name, mime, bytes(content))
