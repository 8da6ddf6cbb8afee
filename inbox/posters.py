"""A landing page's address to be printed: its QR code alone, or on a sheet with the words."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno

_FONTS = Path(__file__).parent / "fonts"
_WIDE, _HIGH, _MARGIN = 210, 297, 22
"""A4, in millimetres."""
_CODE = 105
_FOOT = 46
"""Below the code."""
_LEAST_SIZE = 11
FORMS: Mapping[str, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Poster:
    url: str
    title: str
    words: str
    hint: str
    """What to do with the code."""


def draw(poster: Poster, form: str) -> bytes:
    """The code alone as "svg" or "png", a whole sheet as "pdf"."""
    # A quarter of the code may be damaged: posters get wet and torn.
    code = segno.make(poster.url, error="q", micro=False)
    if form == "pdf":
        return _sheet(poster, code)
    out = io.BytesIO()
    code.save(out, kind=form, scale=4 if form == "svg" else 20, border=4)
    return out.getvalue()


def _sheet(poster: Poster, code: segno.QRCode) -> bytes:
    # It brings a library of pictures and one of fonts: only whoever prints needs them.
    from fpdf import FPDF  # noqa: PLC0415

    pdf = FPDF(format="A4")
    pdf.set_title(poster.title)
    pdf.add_font("DejaVu", "", _FONTS / "DejaVuSans.ttf")
    pdf.add_font("DejaVu", "B", _FONTS / "DejaVuSans-Bold.ttf")
    pdf.set_auto_page_break(auto=False)
    pdf.set_margins(_MARGIN, _MARGIN, _MARGIN)
    pdf.add_page()
    pdf.set_y(28)
    _text(pdf, poster.title, "B", 34, most=58)
    if poster.words:
        pdf.ln(6)
        _text(pdf, poster.words, "", 16, most=_HIGH - _FOOT - _CODE - 8 - pdf.get_y())
    top = max(pdf.get_y() + 8, (pdf.get_y() + _HIGH - _FOOT - _CODE) / 2)
    _code(pdf, code, top)
    pdf.set_y(top + _CODE + 5)
    _text(pdf, poster.hint, "", 14, most=16)
    pdf.ln(2)
    _text(pdf, poster.url.partition("://")[2], "B", 17, most=20)
    assert pdf.get_y() <= _HIGH - 8
    return bytes(pdf.output())


def _text(pdf: Any, text: str, style: str, size: float, most: float) -> None:
    """In the middle, as large as it may be in so many millimetres of height; its beginning, where
    even the smallest letters are too large."""
    while True:
        pdf.set_font("DejaVu", style, size)
        line = size * 0.5
        lines: list[str] = pdf.multi_cell(0, line, text, align="C", dry_run=True, output="LINES")
        if len(lines) * line <= most or size <= _LEAST_SIZE:
            break
        size -= 1
    fit = max(1, int(most / line))
    if len(lines) > fit:
        text = "\n".join(lines[:fit]).rstrip(" .,;:") + "…"
    pdf.multi_cell(0, line, text, align="C", new_x="LMARGIN", new_y="NEXT")


def _code(pdf: Any, code: segno.QRCode, top: float) -> None:
    """Runs of modules as rectangles: sharp at any size."""
    border = 2
    rows = list(code.matrix)
    module = _CODE / (len(rows) + 2 * border)
    left = (_WIDE - _CODE) / 2
    pdf.set_fill_color(0)
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                pdf.rect(
                    left + (start + border) * module,
                    top + (y + border) * module,
                    (x - start) * module,
                    module + 0.01,
                    style="F",
                )
            x += 1
