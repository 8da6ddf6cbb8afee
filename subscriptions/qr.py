"""QR codes of links."""

from typing import TypedDict

import segno

_MASK = 3


class Path(TypedDict):
    """A square of so many modules with its border, and its dark ones as an SVG path."""

    size: int
    path: str


def qr_svg(url: str) -> str:
    """A picture for <img src>: an SVG as a data URI."""
    uri: str = segno.make(url, error="m", micro=False).svg_data_uri(scale=4, border=2, dark="#111")
    return uri


def qr_path(url: str) -> Path:
    """For a page that draws it itself. Each row's runs are thin rectangles."""
    # Trying all eight masks for the most even picture takes six times as long; cameras read each.
    code = segno.make(url, error="m", micro=False, mask=_MASK)
    border = 2
    parts = []
    for y, row in enumerate(code.matrix, border):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                parts.append(f"M{start + border} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return Path(size=len(code.matrix) + 2 * border, path="".join(parts))
