"""QR codes of links."""

import re
from typing import TypedDict

import segno

_MASK = 3
_BORDER = 4
_DARK = re.compile(b"\x01+")


class Path(TypedDict):
    """A square of so many modules with its border, and its dark ones as an SVG path."""

    size: int
    path: str


def qr_svg(url: str) -> str:
    """A picture for <img src>: an SVG as a data URI."""
    uri: str = segno.make(url, error="m", micro=False).svg_data_uri(scale=4, border=2, dark="#111")
    return uri


def qr_path(url: str) -> Path:
    """For a page that draws it itself, with a line as wide as a module for each row's runs."""
    # Trying all eight masks for the most even picture takes six times as long; cameras read each.
    code = segno.make(url, error="m", micro=False, mask=_MASK)
    parts = []
    for y, row in enumerate(code.matrix, _BORDER):
        for run in _DARK.finditer(bytes(row)):
            start, end = run.span()
            parts.append(f"M{start + _BORDER} {y}.5h{end - start}")
    return Path(size=len(code.matrix) + 2 * _BORDER, path="".join(parts))
