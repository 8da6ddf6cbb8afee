"""QR codes of links, made off the loop and a few at a time."""

import asyncio
import io
from collections.abc import Sequence
from typing import Literal

import segno

Kind = Literal["svg", "png"]
TYPES: dict[Kind, str] = {"svg": "image/svg+xml", "png": "image/png"}
_BORDER = 4
"""Readers want this much of nothing around it, in dots."""


class Pictures:
    """One thread at a time: making them is pure arithmetic, and others want the processor too."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def one(self, url: str, kind: Kind, scale: int) -> bytes:
        async with self._turn:
            return await asyncio.to_thread(_picture, url, kind, scale)

    async def data_uris(self, urls: Sequence[str], kind: Kind) -> list[str]:
        async with self._turn:
            return await asyncio.to_thread(lambda: [_data_uri(url, kind) for url in urls])


def _made(url: str) -> segno.QRCode:
    return segno.make(url, error="m", micro=False)


def _picture(url: str, kind: Kind, scale: int) -> bytes:
    file = io.BytesIO()
    _made(url).save(file, kind=kind, scale=scale, border=_BORDER)
    return file.getvalue()


def _data_uri(url: str, kind: Kind) -> str:
    made = _made(url)
    uri: str = (
        made.svg_data_uri(scale=4, border=_BORDER)
        if kind == "svg"
        else made.png_data_uri(scale=8, border=_BORDER)
    )
    return uri
